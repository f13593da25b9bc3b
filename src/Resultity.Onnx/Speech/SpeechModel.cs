using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Resultity.Onnx.Speech.Decoding;
using Resultity.Onnx.Speech.Features;
using Resultity.Onnx.Speech.Sound;
using Resultity.Onnx.Text.Sampling;
using Resultity.Onnx.Tokenizers;

namespace Resultity.Onnx.Speech;

/// <summary>A Whisper-type model in the ONNX layout of optimum or transformers.js: sound in, text with times out.</summary>
/// <remarks>
/// Thread-safe; each call takes its caller's thread. Long sound is cut at silences into pieces of the model's length, and pieces are written
/// down independently of each other, so that any of them can be computed anywhere.
/// </remarks>
public sealed class SpeechModel : IDisposable
{
    private readonly WhisperGraphs _graphs;
    private readonly WhisperConfig _config;
    private readonly WhisperTokens _tokens;
    private readonly Tokenizer _tokenizer;
    private readonly LogMel _features;

    private SpeechModel(WhisperGraphs graphs, WhisperConfig config, WhisperTokens tokens, Tokenizer tokenizer)
    {
        (_graphs, _config, _tokens, _tokenizer) = (graphs, config, tokens, tokenizer);
        _features = new LogMel(config.Mels, WhisperConfig.Window, WhisperConfig.Hop, WhisperConfig.Rate);
    }

    /// <summary>The rate that models of this type hear; other sound is brought to it.</summary>
    public const int Rate = WhisperConfig.Rate;

    /// <summary>Length of the sound that the model takes at once, in seconds.</summary>
    public double PieceSeconds => _config.Seconds;

    /// <summary>Most tokens of one piece.</summary>
    public int MaxTokens => _config.Length;

    /// <summary>Codes of the languages that it knows.</summary>
    public IReadOnlyCollection<string> Languages => _tokens.Multilingual ? _tokens.Languages.Keys : ["en"];

    /// <summary>Whether it writes English of other languages.</summary>
    public bool Translates => _tokens.Multilingual && _tokens.Translate is not null;

    /// <summary>Loads a folder.</summary>
    /// <exception cref="ModelLoadException">The folder is not a model that this engine runs; the message says why.</exception>
    public static SpeechModel Load(string folder, SpeechModelOptions? options = null)
    {
        var config = WhisperConfig.Read(folder);
        Tokenizer tokenizer;
        try
        {
            tokenizer = Tokenizer.Load(folder);
        }
        catch (TokenizerFormatException error)
        {
            throw new ModelLoadException($"'{folder}': {error.Message}", error);
        }
        return new SpeechModel(WhisperGraphs.Open(folder, config, options ?? new SpeechModelOptions()), config, WhisperTokens.Read(tokenizer), tokenizer);
    }

    /// <summary>Writes down what is said.</summary>
    /// <param name="sound">At any rate.</param>
    /// <param name="options">What is wanted.</param>
    /// <param name="onSegment">Called for each segment as soon as it is certain.</param>
    /// <param name="cancellation">Ends the computation within a step of the model.</param>
    /// <exception cref="ArgumentException">The options name a language that the model does not know, or ask for a translation that it does not make.</exception>
    public Transcript Transcribe(Samples sound, TranscriptionOptions options, Action<TranscriptSegment>? onSegment = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Language is { } given && !Languages.Contains(given)) throw new ArgumentException($"The model does not know the language '{given}'.", nameof(options));
        if (options.Translate && !Translates) throw new ArgumentException("The model does not translate.", nameof(options));
        using var run = new RunOptions();
        using var stop = cancellation.Register(() => run.Terminate = true);
        try
        {
            return Transcribe(Resampler.Resample(sound, Rate), options, onSegment, run, cancellation);
        }
        catch (OnnxRuntimeException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _graphs.Dispose();

    private Transcript Transcribe(Samples sound, TranscriptionOptions options, Action<TranscriptSegment>? onSegment, RunOptions run, CancellationToken cancellation)
    {
        var writer = new PassageWriter(_graphs, _config, _tokens, _tokenizer, options);
        var maker = new SegmentMaker(_config, _tokens, _tokenizer, options);
        var pieces = SilenceCutter.Cut(sound, _config.Seconds);
        var language = options.Language ?? Detect(writer, sound, pieces, run);
        var (index, count) = options.Part;
        var segments = new List<TranscriptSegment>();
        for (var i = pieces.Count * index / count; i < pieces.Count * (index + 1) / count; i++)
        {
            var (start, length) = pieces[i].GetOffsetAndLength(sound.Values.Length);
            for (var done = 0; done < length;)
            {
                cancellation.ThrowIfCancellationRequested();
                var part = sound.Values.Slice(start + done, length - done);
                if (Silence.IsQuiet(part.Span)) break;
                using var encoded = Encode(part.Span, run);
                var passage = writer.Write(encoded, language, new SamplerRandom(options.Seed + (ulong)i), run);
                if (PassageWriter.IsSilence(passage)) break;
                var (made, next) = maker.Make(passage, (double)(start + done) / Rate, (double)part.Length / Rate, options.Translate ? "en" : language);
                foreach (var segment in made)
                {
                    segments.Add(segment);
                    onSegment?.Invoke(segment);
                }
                if (next is not { } seconds) break;
                done += (int)(seconds * Rate);
            }
        }
        return new Transcript(language, sound.Seconds, segments);
    }

    private string Detect(PassageWriter writer, Samples sound, List<Range> pieces, RunOptions run)
    {
        if (!_tokens.Multilingual) return "en";
        var piece = pieces.Find(range => !Silence.IsQuiet(sound.Values[range].Span));
        using var encoded = Encode(sound.Values[piece].Span, run);
        return writer.DetectLanguage(encoded, run);
    }

    private OrtValue Encode(ReadOnlySpan<float> samples, RunOptions run)
    {
        var frames = _config.Positions * 2;
        var features = _features.Compute(samples, frames);
        long[] shape = [1, _config.Mels, frames];
        using var input = _graphs.FeaturesType == TensorElementType.Float16
            ? OrtValue.CreateTensorValueFromMemory(Array.ConvertAll(features, static value => (Float16)value), shape)
            : OrtValue.CreateTensorValueFromMemory(features, shape);
        var outputs = _graphs.Encoder.Run(run, ["input_features"], [input], ["last_hidden_state"]);
        return outputs[0];
    }
}
