using System.Text;
using System.Text.Json;
using Microsoft.ML.OnnxRuntime;
using Resultity.Onnx.Speech.Sound;
using Resultity.Onnx.Text.Loading;

namespace Resultity.Onnx.Speech;

/// <summary>A Piper-type voice: a VITS graph <c>NAME.onnx</c> with <c>NAME.onnx.json</c> beside it. Phonemes in, samples out.</summary>
/// <remarks>Thread-safe; each call takes its caller's thread. Inputs <c>input</c>, <c>input_lengths</c>, <c>scales</c> and, with several speakers, <c>sid</c>; output <c>output</c>.</remarks>
public sealed class PiperVoice : IDisposable
{
    private const string Pad = "_", Begin = "^", End = "$";
    private const int LargestConfig = 4 << 20, MostPhonemes = 4096;

    private readonly InferenceSession _session;
    private readonly Dictionary<string, long[]> _ids;
    private readonly float _noise, _length, _noiseWidth;
    private readonly bool _hasSpeakers;

    private PiperVoice(InferenceSession session, JsonElement config)
    {
        _session = session;
        _ids = config.GetProperty("phoneme_id_map").EnumerateObject().ToDictionary(static entry => entry.Name, static entry => entry.Value.EnumerateArray().Select(static id => id.GetInt64()).ToArray(), StringComparer.Ordinal);
        foreach (var mark in (string[])[Pad, Begin, End])
            if (!_ids.ContainsKey(mark)) throw new ModelLoadException($"phoneme_id_map has no '{mark}'.");
        Rate = config.GetProperty("audio").GetProperty("sample_rate").GetInt32();
        if (Rate is < 8000 or > 96_000) throw new ModelLoadException($"audio.sample_rate is {Rate}; it must be 8000 to 96000.");
        Language = config.TryGetProperty("espeak", out var espeak) && espeak.TryGetProperty("voice", out var voice) ? voice.GetString() ?? "en-us" : "en-us";
        var inference = config.TryGetProperty("inference", out var given) ? given : default;
        (_noise, _length, _noiseWidth) = (Scale(inference, "noise_scale", 0.667f), Scale(inference, "length_scale", 1), Scale(inference, "noise_w", 0.8f));
        _hasSpeakers = session.InputMetadata.ContainsKey("sid");
        Speakers = _hasSpeakers && config.TryGetProperty("speaker_id_map", out var speakers)
            ? speakers.EnumerateObject().ToDictionary(static entry => entry.Name, static entry => entry.Value.GetInt64(), StringComparer.Ordinal) : [];
        foreach (var input in (string[])["input", "input_lengths", "scales"])
            if (!session.InputMetadata.ContainsKey(input)) throw new ModelLoadException($"The graph has no input '{input}', which a Piper-type voice has.");
        if (!session.OutputMetadata.ContainsKey("output")) throw new ModelLoadException("The graph has no output 'output', which a Piper-type voice has.");
    }

    /// <summary>Samples per second.</summary>
    public int Rate { get; }

    /// <summary>espeak-ng's voice that its phonemes come from.</summary>
    public string Language { get; }

    /// <summary>Numbers of its speakers by their names; empty where there is one.</summary>
    public IReadOnlyDictionary<string, long> Speakers { get; }

    /// <summary>Loads a voice.</summary>
    /// <param name="graph">The path of its <c>.onnx</c> file.</param>
    /// <exception cref="ModelLoadException">It is not a voice that this engine runs; the message says why.</exception>
    public static PiperVoice Load(string graph)
    {
        InferenceSession? session = null;
        try
        {
            var file = new FileInfo(graph + ".json");
            if (!file.Exists || file.Length > LargestConfig) throw new ModelLoadException($"{file.Name} is missing, or has more than {LargestConfig} bytes.");
            using var config = JsonDocument.Parse(File.ReadAllBytes(file.FullName));
            session = Sessions.Open(graph, 0, spinning: false);
            return new PiperVoice(session, config.RootElement);
        }
        catch (Exception e)
        {
            session?.Dispose();
            if (e is OnnxRuntimeException or JsonException or KeyNotFoundException or InvalidOperationException or FormatException or IOException)
                throw new ModelLoadException($"The voice {Path.GetFileName(graph)} cannot be loaded: {e.Message}", e);
            throw;
        }
    }

    /// <summary>Says phonemes.</summary>
    /// <param name="phonemes">In the International Phonetic Alphabet with blanks and punctuation; what the voice does not know is left out.</param>
    /// <param name="speed">1 is the voice's own.</param>
    /// <param name="speaker">Number of the speaker, where there are several.</param>
    public Samples Say(string phonemes, double speed, long speaker = 0)
    {
        ArgumentNullException.ThrowIfNull(phonemes);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(speed);
        var ids = Encode(phonemes);
        using var run = new RunOptions();
        var inputs = new Dictionary<string, OrtValue>
        {
            ["input"] = OrtValue.CreateTensorValueFromMemory(ids, [1, ids.Length]),
            ["input_lengths"] = OrtValue.CreateTensorValueFromMemory(new[] { (long)ids.Length }, [1]),
            ["scales"] = OrtValue.CreateTensorValueFromMemory(new[] { _noise, (float)(_length / speed), _noiseWidth }, [3]),
        };
        if (_hasSpeakers) inputs["sid"] = OrtValue.CreateTensorValueFromMemory(new[] { speaker }, [1]);
        try
        {
            using var outputs = _session.Run(run, inputs, ["output"]);
            return new Samples(outputs[0].GetTensorDataAsSpan<float>().ToArray(), Rate);
        }
        finally
        {
            foreach (var input in inputs.Values) input.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _session.Dispose();

    /// <summary>Begin, then each phoneme, a pad after every one, then the end. A phoneme is a code point of the decomposed text.</summary>
    internal long[] Encode(string phonemes)
    {
        List<long> ids = [.. _ids[Begin], .. _ids[Pad]];
        foreach (var rune in phonemes.Normalize(NormalizationForm.FormD).EnumerateRunes())
        {
            if (ids.Count > MostPhonemes) break;
            if (_ids.TryGetValue(rune.ToString(), out var known)) ids.AddRange([.. known, .. _ids[Pad]]);
        }
        return [.. ids, .. _ids[End]];
    }

    private static float Scale(JsonElement inference, string name, float otherwise) =>
        inference.ValueKind == JsonValueKind.Object && inference.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.GetSingle() is var scale && float.IsFinite(scale) ? scale : otherwise;
}
