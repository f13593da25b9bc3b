using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime;
using Resultity.Onnx.Text.Sampling;
using Resultity.Onnx.Tokenizers;

namespace Resultity.Onnx.Speech.Decoding;

/// <summary>Writes down one encoded piece: greedily first, then with more and more randomness while the text repeats itself or is unlikely.</summary>
internal sealed class PassageWriter(WhisperGraphs graphs, WhisperConfig config, WhisperTokens tokens, Tokenizer tokenizer, TranscriptionOptions options)
{
    private const double MostCompression = 2.4, LeastLikelihood = -1, Silence = 0.6, TemperatureStep = 0.2;

    private readonly TokenRules _rules = new(config, tokens, options.Segments);
    private readonly float[] _scores = new float[config.Vocabulary];
    private readonly float[] _weights = new float[config.Vocabulary];

    /// <summary>The likeliest language.</summary>
    public string DetectLanguage(OrtValue sound, RunOptions run)
    {
        using var sequence = new WhisperRun(graphs, config, sound, attention: false, run);
        sequence.Feed([tokens.Start]);
        sequence.Scores(0, _scores);
        return tokens.Languages.MaxBy(language => _scores[language.Value]).Key;
    }

    public Passage Write(OrtValue sound, string language, SamplerRandom random, RunOptions run)
    {
        for (var temperature = options.Temperature; ; temperature += TemperatureStep)
        {
            var passage = Write(sound, language, temperature, ref random, run);
            // A client that sets a temperature gets that one.
            var last = options.Temperature > 0 || temperature + TemperatureStep > 1.0001;
            var poor = passage.Compression > MostCompression || (passage.Likelihood < LeastLikelihood && passage.NoSpeech <= Silence);
            if (last || !poor) return passage;
        }
    }

    /// <summary>Whether a passage says that there is nothing to write down.</summary>
    public static bool IsSilence(Passage passage) => passage.NoSpeech > Silence && passage.Likelihood < LeastLikelihood;

    private Passage Write(OrtValue sound, string language, double temperature, ref SamplerRandom random, RunOptions run)
    {
        var (prefix, start) = Prefix(language);
        using var sequence = new WhisperRun(graphs, config, sound, options.Words, run);
        sequence.Feed(prefix);
        var noSpeech = 0.0;
        if (tokens.NoSpeech is { } silent)
        {
            sequence.Scores(start, _scores);
            Probabilities(_scores, _weights);
            noSpeech = _weights[silent];
        }
        var (written, looks, likelihood, ended) = (new List<int>(), new List<float[]>(), 0.0, false);
        var most = Math.Min(config.Length / 2, config.Length - prefix.Length);
        sequence.Scores(prefix.Length - 1, _scores);
        while (written.Count < most)
        {
            _rules.Apply(_scores, written);
            var (token, logarithm) = Choose(temperature, ref random);
            likelihood += logarithm;
            if (sequence.Look is { } look) looks.Add(look);
            if (ended = token == tokens.End) break;
            written.Add(token);
            if (written.Count == most) break;
            sequence.Feed([token]);
            sequence.Scores(0, _scores);
        }
        return new Passage(written, looks, ended, temperature, likelihood / (written.Count + 1), CompressionOf(written), noSpeech);
    }

    private (long[] Tokens, int Start) Prefix(string language)
    {
        var prefix = new List<long>();
        if (options.Prompt is { Length: > 0 } prompt)
        {
            var ids = tokenizer.Encode(" " + prompt.Trim(), addSpecialTokens: false, parseSpecialTokens: false);
            prefix.Add(tokens.Previous);
            // The end of a long prompt is nearest to what is said; half the room is for the answer.
            prefix.AddRange(ids.TakeLast((config.Length / 2) - 1).Select(static id => (long)id));
        }
        var start = prefix.Count;
        prefix.Add(tokens.Start);
        if (tokens.Multilingual)
        {
            prefix.Add(tokens.Languages[language]);
            prefix.Add(options.Translate ? tokens.Translate!.Value : tokens.Transcribe!.Value);
        }
        if (!options.Segments) prefix.Add(tokens.NoTimes);
        return ([.. prefix], start);
    }

    private (int Token, double Logarithm) Choose(double temperature, ref SamplerRandom random)
    {
        Probabilities(_scores, _weights);
        var token = TensorPrimitives.IndexOfMax(_weights);
        var probability = _weights[token];
        if (temperature > 0)
        {
            TensorPrimitives.Divide(_scores, (float)temperature, _scores);
            Probabilities(_scores, _scores);
            var left = random.NextDouble() * TensorPrimitives.Sum(_scores);
            for (var i = 0; i < _scores.Length; i++)
            {
                left -= _scores[i];
                if (_scores[i] <= 0 || left > 0) continue;
                token = i;
                break;
            }
            probability = _weights[token];
        }
        return (token, Math.Log(Math.Max(probability, 1e-10f)));
    }

    // TensorPrimitives.SoftMax does not guard against large scores.
    private static void Probabilities(ReadOnlySpan<float> scores, Span<float> target)
    {
        TensorPrimitives.Subtract(scores, TensorPrimitives.Max(scores), target);
        TensorPrimitives.Exp(target, target);
        TensorPrimitives.Divide(target, TensorPrimitives.Sum<float>(target), target);
    }

    private double CompressionOf(List<int> written) => TranscriptSegment.CompressionOf(tokenizer.Decode([.. written.Where(tokens.IsText)], skipSpecial: true));
}
