using Microsoft.ML.OnnxRuntime;
using Resultity.Onnx.Speech;
using Resultity.Onnx.Speech.Sound;
using Resultity.TestKit.Speech;
using Xunit;

namespace Resultity.Onnx.Tests.Speech;

/// <summary>What models of the layout do, whatever their weights.</summary>
public sealed class SpeechModelTests : IDisposable
{
    private readonly RandomWhisper _folder = new(width: 32, heads: 4, layers: 2, text: 300, positions: 100, length: 48, looks: true);

    public void Dispose() => _folder.Dispose();

    private static Samples Noise(double seconds, int seed = 3)
    {
        var random = new Random(seed);
        return new Samples(Enumerable.Range(0, (int)(seconds * SpeechModel.Rate)).Select(_ => (random.NextSingle() - 0.5f) * 0.4f).ToArray(), SpeechModel.Rate);
    }

    [Fact]
    public void Steps_with_the_cache_write_what_the_graph_without_a_cache_writes()
    {
        using var model = SpeechModel.Load(_folder.Path);
        var options = new TranscriptionOptions { Language = "en", Segments = false, Temperature = 0.000001 };
        var tokens = model.Transcribe(Noise(2), options).Segments.Single().Tokens;
        Assert.Equal(Naive(Noise(2), tokens.Count), tokens);
    }

    [Fact]
    public void Parts_of_long_sound_are_together_what_one_run_writes()
    {
        using var model = SpeechModel.Load(_folder.Path);
        var sound = Noise(23);
        var whole = model.Transcribe(sound, new TranscriptionOptions());
        Assert.True(whole.Segments.Count >= 12);
        List<TranscriptSegment> together = [];
        for (var part = 0; part < 3; part++) together.AddRange(model.Transcribe(sound, new TranscriptionOptions { Part = (part, 3) }).Segments);
        Assert.Equal(whole.Segments.Select(static s => (s.Start, s.End, s.Text)), together.Select(static s => (s.Start, s.End, s.Text)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Times_never_go_back_and_words_lie_in_their_segments(bool looks)
    {
        using var folder = looks ? null : new RandomWhisper(width: 32, heads: 4, layers: 1, text: 300, positions: 100, length: 48);
        using var model = SpeechModel.Load((folder ?? _folder).Path);
        var segments = model.Transcribe(Noise(11), new TranscriptionOptions { Words = true }).Segments;
        Assert.NotEmpty(segments);
        var last = 0.0;
        foreach (var segment in segments)
        {
            Assert.True(segment.Start >= last - 1e-6 && segment.End >= segment.Start && segment.End <= 11.001);
            last = segment.End;
            var before = segment.Start;
            foreach (var word in segment.Words!)
            {
                Assert.True(word.Start >= before - 1e-6 && word.End >= word.Start && word.End <= segment.End + 1e-6);
                before = word.End;
            }
        }
    }

    [Fact]
    public void Silence_is_written_down_as_nothing()
    {
        using var model = SpeechModel.Load(_folder.Path);
        var transcript = model.Transcribe(new Samples(new float[SpeechModel.Rate * 5], SpeechModel.Rate), new TranscriptionOptions());
        Assert.Equal(("", 5.0), (transcript.Text, transcript.Seconds));
        Assert.Equal("", model.Transcribe(new Samples(Array.Empty<float>(), 8000), new TranscriptionOptions()).Text);
    }

    [Fact]
    public void A_cancelled_caller_is_not_kept_waiting()
    {
        using var model = SpeechModel.Load(_folder.Path);
        using var stop = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => model.Transcribe(Noise(3600), new TranscriptionOptions(), _ => stop.Cancel(), stop.Token));
    }

    [Fact]
    public void A_language_that_the_model_does_not_know_is_refused()
    {
        using var model = SpeechModel.Load(_folder.Path);
        Assert.Equal(["de", "en"], model.Languages.Order());
        Assert.Throws<ArgumentException>(() => model.Transcribe(Noise(1), new TranscriptionOptions { Language = "fr" }));
    }

    [Fact]
    public void Folders_that_are_no_such_model_are_refused_with_the_reason()
    {
        File.Delete(_folder["onnx/decoder_with_past_model.onnx"]);
        Assert.Contains("decoder_with_past_model", Assert.Throws<ModelLoadException>(() => SpeechModel.Load(_folder.Path)).Message, StringComparison.Ordinal);
        File.WriteAllText(_folder["onnx/encoder_model.onnx"], "not a graph");
        Assert.Contains("encoder_model.onnx", Assert.Throws<ModelLoadException>(() => SpeechModel.Load(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_of_whisper_base_s_proportions_loads_and_writes()
    {
        using var folder = new RandomWhisper(width: 512, heads: 8, layers: 6, text: 50_257);
        using var model = SpeechModel.Load(folder.Path);
        Assert.Equal((30.0, 448), (model.PieceSeconds, model.MaxTokens));
        using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(5));
        var transcript = model.Transcribe(Noise(1), new TranscriptionOptions { Temperature = 1, Segments = false }, cancellation: stop.Token);
        Assert.NotEqual("", transcript.Text);
    }

    /// <summary>The likeliest tokens through the graph for first steps alone, which sees the whole sequence each time.</summary>
    private List<int> Naive(Samples sound, int count)
    {
        using var encoder = new InferenceSession(_folder["onnx/encoder_model.onnx"]);
        using var decoder = new InferenceSession(_folder["onnx/decoder_model.onnx"]);
        using var run = new RunOptions();
        var features = new Resultity.Onnx.Speech.Features.LogMel(80, 400, 160, SpeechModel.Rate).Compute(sound.Values.Span, 2 * _folder.Positions);
        using var input = OrtValue.CreateTensorValueFromMemory(features, [1, 80, 2 * _folder.Positions]);
        using var states = encoder.Run(run, ["input_features"], [input], ["last_hidden_state"]);
        // Start, English, transcribe, no times.
        List<long> ids = [_folder.Text + 1, _folder.Text + 2, _folder.Text + 5, _folder.Text + 9];
        List<int> written = [];
        while (written.Count < count)
        {
            using var tokens = OrtValue.CreateTensorValueFromMemory(ids.ToArray(), [1, ids.Count]);
            using var logits = decoder.Run(run, ["input_ids", "encoder_hidden_states"], [tokens, states[0]], ["logits"]);
            var all = logits[0].GetTensorDataAsSpan<float>();
            var last = all[(all.Length - (all.Length / ids.Count))..];
            var next = System.Numerics.Tensors.TensorPrimitives.IndexOfMax(last[..(_folder.Text + (written.Count == 0 ? 0 : 1))]);
            if (next == _folder.Text) break;
            written.Add(next);
            ids.Add(next);
        }
        return written;
    }
}
