using System.Globalization;
using System.Text;

namespace Resultity.Onnx.Tokenizers.Normalizers;

/// <summary>The cleaning of BERT's BasicTokenizer: control characters out, ideographs apart, accents and case removed.</summary>
internal sealed class BertNormalizer(bool clean, bool ideographs, bool stripAccents, bool lowercase) : INormalizer
{
    private static readonly UnicodeNormalizer Decomposition = new(compose: false, compatible: false);
    private static readonly StripAccentsNormalizer Accents = new();
    private static readonly LowercaseNormalizer Lower = new();

    public string Normalize(string text)
    {
        if (clean || ideographs) text = Clean(text);
        if (stripAccents) text = Accents.Normalize(Decomposition.Normalize(text));
        return lowercase ? Lower.Normalize(text) : text;
    }

    private string Clean(string text)
    {
        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean && IsControl(rune)) continue;
            if (clean && Rune.IsWhiteSpace(rune)) result.Append(' ');
            else if (ideographs && IsIdeograph(rune.Value)) result.Append(' ').Append(rune).Append(' ');
            else result.Append(rune);
        }
        return result.ToString();
    }

    private static bool IsControl(Rune rune) => rune.Value switch
    {
        '\t' or '\n' or '\r' => false,
        0 or 0xFFFD => true,
        _ => Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.OtherNotAssigned
            or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate,
    };

    // The blocks that BERT's own tokenizer names; not all of Han, on purpose.
    private static bool IsIdeograph(int value) => value is
        (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F)
        or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B920 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
