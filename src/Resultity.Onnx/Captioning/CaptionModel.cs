using Microsoft.ML.OnnxRuntime;
using Resultity.Onnx.Graphs;
using Resultity.Onnx.Imaging;
using Resultity.Onnx.Text.Loading;
using Resultity.Onnx.Tokenizers;

namespace Resultity.Onnx.Captioning;

/// <summary>How a caption is written.</summary>
public sealed record CaptionOptions
{
    /// <summary>The most tokens; the model's own limit holds as well.</summary>
    public int MaxTokens { get; init; } = int.MaxValue;

    /// <summary>0 takes the likeliest token each time.</summary>
    public double Temperature { get; init; }

    /// <summary>Decides the draws where <see cref="Temperature"/> is above 0.</summary>
    public ulong Seed { get; init; }
}

/// <summary>A caption.</summary>
/// <param name="Text">The text.</param>
/// <param name="Tokens">How many tokens it took.</param>
/// <param name="Finished">Whether the model ended it; otherwise a limit did.</param>
public sealed record Caption(string Text, int Tokens, bool Finished);

/// <summary>An encoder-decoder that says what an image shows, in the layout of vit-gpt2's ONNX export.</summary>
/// <remarks>
/// Thread-safe. <c>onnx/encoder_model.onnx</c> takes <c>pixel_values</c> and gives <c>last_hidden_state</c>; <c>onnx/decoder_model_merged.onnx</c> takes
/// <c>input_ids</c>, <c>encoder_hidden_states</c>, <c>use_cache_branch</c> and <c>past_key_values.N.key|value</c>, and gives <c>logits</c> and <c>present.*</c>.
/// A plain <c>onnx/decoder_model.onnx</c>, which has no cache, works as well.
/// </remarks>
public sealed class CaptionModel : IDisposable
{
    private readonly CaptionConfig _config;
    private readonly ModelGraph _encoder, _decoder;
    private readonly Tokenizer _tokenizer;
    private readonly CaptionCache _cache;

    private CaptionModel(CaptionConfig config, ModelGraph encoder, ModelGraph decoder, Tokenizer tokenizer)
    {
        (_config, _encoder, _decoder, _tokenizer) = (config, encoder, decoder, tokenizer);
        encoder.Expect(["pixel_values"], "last_hidden_state");
        _cache = CaptionCache.Of(decoder, config);
    }

    /// <summary>The most tokens of a caption.</summary>
    public int MaxTokens => _config.MaxTokens;

    /// <summary>Loads a folder.</summary>
    /// <exception cref="ModelLoadException">The folder is not a model that this engine runs; the message says why.</exception>
    public static CaptionModel Load(string folder, int threads = 0)
    {
        var config = CaptionConfig.Read(folder);
        ModelGraph? encoder = null, decoder = null;
        try
        {
            encoder = ModelGraph.Open(GraphFile.Find(folder, null, "encoder_model"), threads);
            decoder = ModelGraph.Open(File.Exists(Path.Combine(folder, "onnx", "decoder_model_merged.onnx")) ? GraphFile.Find(folder, null, "decoder_model_merged") : GraphFile.Find(folder, null, "decoder_model"), threads);
            return new CaptionModel(config, encoder, decoder, Tokenizer.Load(folder));
        }
        catch (Exception e)
        {
            encoder?.Dispose();
            decoder?.Dispose();
            if (e is TokenizerFormatException) throw new ModelLoadException($"'{folder}': {e.Message}", e);
            throw;
        }
    }

    /// <summary>Says what a picture shows. Takes the caller's thread.</summary>
    /// <param name="picture">The picture, of any size.</param>
    /// <param name="options">How to write.</param>
    /// <param name="onText">Gets each piece of text as it comes; may be null.</param>
    /// <param name="cancellation">Looked at before each token.</param>
    public Caption Describe(Picture picture, CaptionOptions options, Action<string>? onText, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var hidden = Encode(picture);
        using var past = CaptionCache.Begin();
        var text = new System.Text.StringBuilder();
        var stream = new TokenStream(_tokenizer, atStart: true);
        var draws = new CaptionDraws(options);
        var most = Math.Min(options.MaxTokens, MaxTokens);
        var written = new List<int> { _config.Start };
        for (var step = 0; step < most; step++)
        {
            cancellation.ThrowIfCancellationRequested();
            var token = draws.Choose(_cache.Step(_decoder, hidden, past, written));
            if (token == _config.End) return new Caption(text.ToString(), step + 1, Finished: true);
            written.Add(token);
            var piece = stream.Append(token);
            if (text.Length == 0) piece = piece.TrimStart();
            text.Append(piece);
            if (piece.Length > 0) onText?.Invoke(piece);
        }

        return new Caption(text.ToString(), most, Finished: false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _encoder.Dispose();
        _decoder.Dispose();
    }

    private OrtValue Encode(Picture picture)
    {
        var fitted = Resampler.Resize(picture, _config.Width, _config.Height, _config.Resampling);
        var pixels = fitted.ToPlanes(_config.Scale, _config.Offset);
        var (values, shape) = _encoder.RunOne("last_hidden_state", ("pixel_values", _encoder.Feed("pixel_values", pixels, 1, 3, _config.Height, _config.Width)));
        return _decoder.Feed("encoder_hidden_states", values, shape);
    }
}
