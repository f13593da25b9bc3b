using System.Globalization;
using System.Text;

namespace Resultity.Onnx.Tokenizers.PreTokenizers;

/// <summary>The character classes of the pre-tokenizers that look at single characters.</summary>
internal static class CharacterClasses
{
    public static bool IsNumber(Rune rune) => Rune.IsNumber(rune);

    public static bool IsWhiteSpace(Rune rune) => Rune.IsWhiteSpace(rune);

    /// <summary>ASCII symbols count as punctuation here, as in BERT.</summary>
    public static bool IsPunctuation(Rune rune) => rune.IsAscii
        ? rune.Value is (>= 33 and <= 47) or (>= 58 and <= 64) or (>= 91 and <= 96) or (>= 123 and <= 126)
        : Rune.GetUnicodeCategory(rune) is UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation or UnicodeCategory.OpenPunctuation
            or UnicodeCategory.ClosePunctuation or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation or UnicodeCategory.OtherPunctuation;
}
