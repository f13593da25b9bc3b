using System.Text;
using System.Text.RegularExpressions;
using Resultity.Node.Runtimes.Audio;
using Resultity.Node.Runtimes.Onnx.Requests;
using Resultity.Node.Runtimes.Processes;
using Resultity.Onnx.Speech;
using Resultity.Onnx.Speech.Sound;

namespace Resultity.Node.Runtimes.Piper;

/// <summary>Says sentences through a Piper-type voice: espeak-ng's phonemes, then the voice's graph.</summary>
internal sealed partial class PiperSpeaker(PiperVoice voice, ChildHost children) : ISpeaker, IDisposable
{
    /// <summary>The name for a voice's only or first speaker; OpenAI's default, so that clients need not know any other.</summary>
    private const string First = "alloy";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    public IReadOnlyList<string> Voices => [First, .. voice.Speakers.Keys];

    public void CheckVoice(string name)
    {
        if (name != First && !voice.Speakers.ContainsKey(name))
            throw new InvalidRequestException($"Invalid 'voice': this model has no voice '{(name.Length > 64 ? name[..64] : name)}', but {string.Join(", ", Voices.Take(20))}.", "voice", "voice_not_found");
    }

    public async Task<Samples> SayAsync(string sentence, string name, double speed, CancellationToken cancellation)
    {
        var run = new ProgramRun { Program = "espeak-ng", Arguments = ["-q", "--ipa", "--stdin", "-b", "1", "-v", voice.Language], Timeout = Timeout, MaxOutput = 1 << 20 };
        var ipa = Encoding.UTF8.GetString(await run.RunAsync(children, Encoding.UTF8.GetBytes(sentence.Replace("[[", "[ [", StringComparison.Ordinal)), cancellation));
        // A line per clause; the marks of a change of language are no sounds.
        var phonemes = LanguageChange().Replace(string.Join(", ", ipa.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)), "");
        if (sentence.TrimEnd() is [.., var last] && char.IsPunctuation(last)) phonemes += last;
        var speaker = voice.Speakers.GetValueOrDefault(name);
        return await Task.Run(() => voice.Say(phonemes, speed, speaker), cancellation);
    }

    public void Dispose() => voice.Dispose();

    [GeneratedRegex(@"\([a-z-]+\)")]
    private static partial Regex LanguageChange();
}
