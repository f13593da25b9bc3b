using System.Text.Json;

namespace Resultity.Onnx.Tokenizers.Normalizers;

/// <summary>Builds the chain of normalizers that the file describes.</summary>
internal static class NormalizerReader
{
    public static INormalizer? Read(JsonElement? element) => element is { } found ? ReadOne(found) : null;

    private static INormalizer ReadOne(JsonElement element) => element.Kind() switch
    {
        "Sequence" => new SequenceNormalizer([.. element.List("normalizers").Select(ReadOne)]),
        "NFC" => new UnicodeNormalizer(compose: true, compatible: false),
        "NFD" => new UnicodeNormalizer(compose: false, compatible: false),
        "NFKC" => new UnicodeNormalizer(compose: true, compatible: true),
        "NFKD" => new UnicodeNormalizer(compose: false, compatible: true),
        "Lowercase" => new LowercaseNormalizer(),
        "Prepend" => new PrependNormalizer(element.RequiredText("prepend")),
        "Replace" => new ReplaceNormalizer(TextPattern.Read(element), element.RequiredText("content")),
        "Strip" => new StripNormalizer(element.Flag("strip_left", true), element.Flag("strip_right", true)),
        "StripAccents" => new StripAccentsNormalizer(),
        "BertNormalizer" => new BertNormalizer(
            element.Flag("clean_text", true), element.Flag("handle_chinese_chars", true),
            element.Flag("strip_accents", element.Flag("lowercase", true)), element.Flag("lowercase", true)),
        "Precompiled" => new PrecompiledNormalizer(Convert.FromBase64String(element.RequiredText("precompiled_charsmap"))),
        _ => throw element.Unknown("a normalizer"),
    };
}
