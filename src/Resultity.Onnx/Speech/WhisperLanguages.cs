namespace Resultity.Onnx.Speech;

/// <summary>The languages that Whisper-type models have tokens for, by their codes.</summary>
public static class WhisperLanguages
{
    private static readonly Dictionary<string, string> ByCode = new(StringComparer.Ordinal)
    {
        ["af"] = "afrikaans",
        ["am"] = "amharic",
        ["ar"] = "arabic",
        ["as"] = "assamese",
        ["az"] = "azerbaijani",
        ["ba"] = "bashkir",
        ["be"] = "belarusian",
        ["bg"] = "bulgarian",
        ["bn"] = "bengali",
        ["bo"] = "tibetan",
        ["br"] = "breton",
        ["bs"] = "bosnian",
        ["ca"] = "catalan",
        ["cs"] = "czech",
        ["cy"] = "welsh",
        ["da"] = "danish",
        ["de"] = "german",
        ["el"] = "greek",
        ["en"] = "english",
        ["es"] = "spanish",
        ["et"] = "estonian",
        ["eu"] = "basque",
        ["fa"] = "persian",
        ["fi"] = "finnish",
        ["fo"] = "faroese",
        ["fr"] = "french",
        ["gl"] = "galician",
        ["gu"] = "gujarati",
        ["ha"] = "hausa",
        ["haw"] = "hawaiian",
        ["he"] = "hebrew",
        ["hi"] = "hindi",
        ["hr"] = "croatian",
        ["ht"] = "haitian creole",
        ["hu"] = "hungarian",
        ["hy"] = "armenian",
        ["id"] = "indonesian",
        ["is"] = "icelandic",
        ["it"] = "italian",
        ["ja"] = "japanese",
        ["jw"] = "javanese",
        ["ka"] = "georgian",
        ["kk"] = "kazakh",
        ["km"] = "khmer",
        ["kn"] = "kannada",
        ["ko"] = "korean",
        ["la"] = "latin",
        ["lb"] = "luxembourgish",
        ["ln"] = "lingala",
        ["lo"] = "lao",
        ["lt"] = "lithuanian",
        ["lv"] = "latvian",
        ["mg"] = "malagasy",
        ["mi"] = "maori",
        ["mk"] = "macedonian",
        ["ml"] = "malayalam",
        ["mn"] = "mongolian",
        ["mr"] = "marathi",
        ["ms"] = "malay",
        ["mt"] = "maltese",
        ["my"] = "myanmar",
        ["ne"] = "nepali",
        ["nl"] = "dutch",
        ["nn"] = "nynorsk",
        ["no"] = "norwegian",
        ["oc"] = "occitan",
        ["pa"] = "punjabi",
        ["pl"] = "polish",
        ["ps"] = "pashto",
        ["pt"] = "portuguese",
        ["ro"] = "romanian",
        ["ru"] = "russian",
        ["sa"] = "sanskrit",
        ["sd"] = "sindhi",
        ["si"] = "sinhala",
        ["sk"] = "slovak",
        ["sl"] = "slovenian",
        ["sn"] = "shona",
        ["so"] = "somali",
        ["sq"] = "albanian",
        ["sr"] = "serbian",
        ["su"] = "sundanese",
        ["sv"] = "swedish",
        ["sw"] = "swahili",
        ["ta"] = "tamil",
        ["te"] = "telugu",
        ["tg"] = "tajik",
        ["th"] = "thai",
        ["tk"] = "turkmen",
        ["tl"] = "tagalog",
        ["tr"] = "turkish",
        ["tt"] = "tatar",
        ["uk"] = "ukrainian",
        ["ur"] = "urdu",
        ["uz"] = "uzbek",
        ["vi"] = "vietnamese",
        ["yi"] = "yiddish",
        ["yo"] = "yoruba",
        ["yue"] = "cantonese",
        ["zh"] = "chinese",
    };

    private static readonly HashSet<string> Unspaced = ["zh", "ja", "th", "lo", "my", "yue", "bo", "km"];

    /// <summary>Whether words of the language are written with blanks between them; where not, each token is as near to a word as it gets.</summary>
    public static bool HasBlanks(string code) => !Unspaced.Contains(code);

    /// <summary>Every code.</summary>
    public static IEnumerable<string> Codes => ByCode.Keys;

    /// <summary>The English name of a code's language, as OpenAI's answers write it; the code itself where it is unknown.</summary>
    public static string NameOf(string code) => ByCode.GetValueOrDefault(code, code);

    /// <summary>The code for what a client wrote: a code such as <c>en</c>, one with a region such as <c>en-US</c>, or a name such as <c>english</c>; null if there is none.</summary>
    public static string? Find(string written)
    {
        ArgumentNullException.ThrowIfNull(written);
        var text = written.Trim().ToLowerInvariant();
        if (ByCode.ContainsKey(text)) return text;
        foreach (var (code, name) in ByCode)
            if (name == text) return code;
        var region = text.IndexOfAny(['-', '_']);
        return region > 0 && ByCode.ContainsKey(text[..region]) ? text[..region] : null;
    }
}
