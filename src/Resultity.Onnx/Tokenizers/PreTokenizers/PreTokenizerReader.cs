using System.Text.Json;

namespace Resultity.Onnx.Tokenizers.PreTokenizers;

/// <summary>Builds the chain of pre-tokenizers that the file describes.</summary>
internal static class PreTokenizerReader
{
    public static IPreTokenizer? Read(JsonElement? element) => element is { } found ? ReadOne(found) : null;

    private static IPreTokenizer ReadOne(JsonElement element) => element.Kind() switch
    {
        "Sequence" => new SequencePreTokenizer([.. element.List("pretokenizers").Select(ReadOne)]),
        "ByteLevel" => new ByteLevelPreTokenizer(element.Flag("add_prefix_space", true), element.Flag("use_regex", true)),
        "Split" => new SplitPreTokenizer(TextPattern.Read(element), Behavior(element), element.Flag("invert")),
        "Digits" => new CharacterPreTokenizer(CharacterClasses.IsNumber, element.Flag("individual_digits") ? SplitBehavior.Isolated : SplitBehavior.Contiguous),
        "Punctuation" => new CharacterPreTokenizer(CharacterClasses.IsPunctuation, Behavior(element)),
        "WhitespaceSplit" => new CharacterPreTokenizer(CharacterClasses.IsWhiteSpace, SplitBehavior.Removed),
        "Whitespace" => new SplitPreTokenizer(TextPattern.OfRegex(@"\w+|[^\w\s]+"), SplitBehavior.Removed, invert: true),
        "CharDelimiterSplit" => new SplitPreTokenizer(TextPattern.OfLiteral(element.RequiredText("delimiter")), SplitBehavior.Removed, invert: false),
        "BertPreTokenizer" => new SequencePreTokenizer(
        [
            new CharacterPreTokenizer(CharacterClasses.IsWhiteSpace, SplitBehavior.Removed),
            new CharacterPreTokenizer(CharacterClasses.IsPunctuation, SplitBehavior.Isolated),
        ]),
        "Metaspace" => new MetaspacePreTokenizer(element.Text("replacement") is { Length: 1 } text ? text[0] : '\u2581', Prepending(element), element.Flag("split", true)),
        _ => throw element.Unknown("a pre-tokenizer"),
    };

    private static PrependScheme Prepending(JsonElement element) => element.Text("prepend_scheme") switch
    {
        "always" => PrependScheme.Always,
        "never" => PrependScheme.Never,
        "first" => PrependScheme.First,
        null => element.Flag("add_prefix_space", true) ? PrependScheme.Always : PrependScheme.Never,
        var other => throw new TokenizerFormatException($"tokenizer.json: prepend_scheme '{other}' is not one of always, never, first"),
    };

    private static SplitBehavior Behavior(JsonElement element) => element.Text("behavior") switch
    {
        "Removed" => SplitBehavior.Removed,
        "Isolated" or null => SplitBehavior.Isolated,
        "MergedWithPrevious" => SplitBehavior.MergedWithPrevious,
        "MergedWithNext" => SplitBehavior.MergedWithNext,
        "Contiguous" => SplitBehavior.Contiguous,
        var other => throw new TokenizerFormatException($"tokenizer.json: split behavior '{other}' is not supported"),
    };
}
