using System.Globalization;
using System.Text;
using Resultity.Node.Runtimes.Audio;
using Resultity.Node.Runtimes.Onnx.Requests;
using Resultity.Node.Runtimes.Processes;
using Resultity.Onnx.Speech.Sound;

namespace Resultity.Node.Runtimes.Espeak;

/// <summary>Says sentences through espeak-ng, one run each.</summary>
internal sealed class EspeakSpeaker(ChildHost children) : ISpeaker
{
    private const string Program = "espeak-ng";
    private const int WordsPerMinute = 165, SlowestWords = 80, QuickestWords = 450;
    private const int LongestOutput = 64 << 20;
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    /// <summary>OpenAI's voices by those that are most like them in height and accent.</summary>
    private static readonly Dictionary<string, string> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["alloy"] = "en-us",
        ["ash"] = "en-us+m3",
        ["ballad"] = "en-gb-scotland",
        ["coral"] = "en-us+f3",
        ["echo"] = "en-us+m1",
        ["fable"] = "en-gb-x-rp",
        ["marin"] = "en-us+f5",
        ["cedar"] = "en-us+m5",
        ["nova"] = "en-us+f2",
        ["onyx"] = "en-us+m7",
        ["sage"] = "en-us+f1",
        ["shimmer"] = "en-us+f4",
        ["verse"] = "en-us+m4",
    };

    private HashSet<string> _languages = [], _variants = [];

    public static bool IsThere => ProgramPath.Find(Program) is not null;

    /// <summary>Names that requests can use: OpenAI's, and espeak-ng's languages, each of which takes a variant as in <c>de+f2</c>.</summary>
    public IReadOnlyList<string> Voices => [.. Known.Keys, .. _languages.Order(StringComparer.Ordinal)];

    public async Task StartAsync(CancellationToken cancellation)
    {
        // A voice names its own language and, in brackets, others that it is good for, as fr-fr is for fr.
        var voices = await LinesAsync("--voices", cancellation);
        _languages = [.. voices.SelectMany(static cells => cells.Skip(5).Where(static cell => cell.StartsWith('(')).Select(static cell => cell.Trim('(')).Prepend(cells[1]))];
        _variants = [.. (await LinesAsync("--voices=variant", cancellation)).Select(static cells => cells[4][(cells[4].LastIndexOf('/') + 1)..])];
    }

    public void CheckVoice(string voice)
    {
        if (Known.ContainsKey(voice)) return;
        var plus = voice.IndexOf('+', StringComparison.Ordinal);
        var (language, variant) = plus < 0 ? (voice, null) : (voice[..plus], voice[(plus + 1)..]);
        if (_languages.Contains(language) && (variant is null || _variants.Contains(variant))) return;
        throw new InvalidRequestException($"Invalid 'voice': there is no voice '{(voice.Length > 64 ? voice[..64] : voice)}'. Use one of {string.Join(", ", Known.Keys)}, or a language such as de, fr or en-gb with a variant as in de+f2.",
            "voice", "voice_not_found");
    }

    public async Task<Samples> SayAsync(string sentence, string voice, double speed, CancellationToken cancellation)
    {
        var words = Math.Clamp(WordsPerMinute * speed, SlowestWords, QuickestWords);
        var wav = await Run("--stdout", "--stdin", "-b", "1", "-v", Known.GetValueOrDefault(voice, voice), "-s", words.ToString("0", CultureInfo.InvariantCulture))
            .RunAsync(children, Encoding.UTF8.GetBytes(Plain(sentence)), cancellation);
        // A text without anything to say makes an empty file.
        var sound = wav.Length <= WavWriter.HeaderLength ? new Samples(Array.Empty<float>(), 22_050) : WavReader.Read(wav, 3600);
        return TimeStretch.Apply(sound, speed * WordsPerMinute / words);
    }

    /// <summary>Without what espeak-ng takes for phonemes or commands rather than for text.</summary>
    private static string Plain(string sentence) => sentence.Replace("[[", "[ [", StringComparison.Ordinal).Replace('\u0001', ' ').Replace('\0', ' ');

    private async Task<List<string[]>> LinesAsync(string argument, CancellationToken cancellation)
    {
        var table = Encoding.UTF8.GetString(await Run(argument).RunAsync(children, ReadOnlyMemory<byte>.Empty, cancellation));
        return [.. table.Split('\n').Skip(1).Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(static cells => cells.Length > 4)];
    }

    private static ProgramRun Run(params string[] arguments) => new() { Program = Program, Arguments = arguments, Timeout = Timeout, MaxOutput = LongestOutput };
}
