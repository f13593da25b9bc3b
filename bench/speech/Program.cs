using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using Resultity.Onnx.Speech;
using Resultity.Onnx.Speech.Sound;
using Resultity.TestKit.Speech;

// A Whisper-type model with random weights: Resultity's transcription of one piece beside bare calls of ONNX Runtime on the same graphs for as
// many tokens. Arguments: width, heads, layers, rounds; without them the proportions of whisper-base.
var numbers = args.Select(int.Parse).ToArray();
var (width, heads, layers, rounds) = numbers.Length == 4 ? (numbers[0], numbers[1], numbers[2], numbers[3]) : (512, 8, 6, 5);
using var folder = new RandomWhisper(width, heads, layers, text: 50_257);
var random = new Random(1);
var sound = new Samples(Enumerable.Range(0, SpeechModel.Rate * 30).Select(_ => (random.NextSingle() - 0.5f) * 0.4f).ToArray(), SpeechModel.Rate);
var options = new TranscriptionOptions { Language = "en", Segments = false, Temperature = 0.5 };
using var model = SpeechModel.Load(folder.Path);
var tokens = model.Transcribe(sound, options).Segments.Sum(static segment => segment.Tokens.Count);
using var bare = new Bare(folder, layers);
bare.Run(tokens);
List<double> own = [], plain = [];
for (var round = 0; round < rounds; round++)
{
    // In turns, so that what else the machine does hits both.
    plain.Add(Time(() => bare.Run(tokens)));
    own.Add(Time(() => model.Transcribe(sound, options)));
}
own.Sort();
plain.Sort();
Console.WriteLine($"width {width}, {layers} layers, 30 s of sound, {tokens} tokens, {Environment.ProcessorCount} cores: bare {plain[rounds / 2]:0.000} s, Resultity {own[rounds / 2]:0.000} s, ratio {own[rounds / 2] / plain[rounds / 2]:0.00} (median of {rounds})");
return;

static double Time(Action run)
{
    var watch = Stopwatch.StartNew();
    run();
    return watch.Elapsed.TotalSeconds;
}

/// <summary>The least that an answer takes: encoder, first step, later steps with the cache given from one to the next.</summary>
internal sealed class Bare : IDisposable
{
    private readonly InferenceSession _encoder, _first, _steps;
    private readonly RunOptions _run = new();
    private readonly string[] _self, _cross, _past;

    public Bare(RandomWhisper folder, int layers)
    {
        using var options = new SessionOptions { InterOpNumThreads = 1, EnableMemoryPattern = false };
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        (_encoder, _first, _steps) = (new(folder["onnx/encoder_model.onnx"], options), new(folder["onnx/decoder_model.onnx"], options), new(folder["onnx/decoder_with_past_model.onnx"], options));
        string[] Names(string side, string prefix) => [.. Enumerable.Range(0, layers).SelectMany(i => new[] { $"{prefix}.{i}.{side}.key", $"{prefix}.{i}.{side}.value" })];
        (_self, _cross) = (Names("decoder", "present"), Names("encoder", "present"));
        _past = [.. Names("decoder", "past_key_values"), .. Names("encoder", "past_key_values")];
    }

    public void Run(int count)
    {
        using var features = OrtValue.CreateTensorValueFromMemory(new float[80 * 3000], [1, 80, 3000]);
        using var states = _encoder.Run(_run, ["input_features"], [features], ["last_hidden_state"]);
        using var prefix = OrtValue.CreateTensorValueFromMemory(new long[] { 50_258, 50_259, 50_262, 50_266 }, [1, 4]);
        using var first = _first.Run(_run, ["input_ids", "encoder_hidden_states"], [prefix, states[0]], ["logits", .. _self, .. _cross]);
        var last = first;
        for (var i = 1; i < count; i++)
        {
            using var id = OrtValue.CreateTensorValueFromMemory(new long[] { 300 + i }, [1, 1]);
            var next = _steps.Run(_run, ["input_ids", .. _past], [id, .. last.Skip(1).Take(_self.Length), .. first.Skip(1 + _self.Length)], ["logits", .. _self]);
            if (last != first) last.Dispose();
            last = next;
        }
        if (last != first) last.Dispose();
    }

    public void Dispose()
    {
        foreach (var session in (InferenceSession[])[_encoder, _first, _steps]) session.Dispose();
        _run.Dispose();
    }
}
