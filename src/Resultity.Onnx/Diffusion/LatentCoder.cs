using Resultity.Onnx.Graphs;
using Resultity.Onnx.Imaging;

namespace Resultity.Onnx.Diffusion;

/// <summary>The autoencoder: pictures to latents and back.</summary>
internal sealed class LatentCoder : IDisposable
{
    private static readonly float[] Scale = [1 / 127.5f, 1 / 127.5f, 1 / 127.5f], Offset = [-1, -1, -1];

    private readonly ModelGraph _decoder;
    private readonly ModelGraph? _encoder;
    private readonly DiffusionConfig _config;
    private readonly string _encoded = "";

    private LatentCoder(ModelGraph decoder, ModelGraph? encoder, DiffusionConfig config)
    {
        (_decoder, _encoder, _config) = (decoder, encoder, config);
        decoder.Expect(["latent_sample"], "sample");
        if (encoder is null) return;
        encoder.Expect(["sample"]);
        _encoded = Array.Find(["latent_sample", "latent_parameters"], encoder.HasOutput) ?? throw new ModelLoadException("vae_encoder has no output 'latent_sample' or 'latent_parameters'.");
    }

    /// <summary>Whether pictures can be made latents, which edits need.</summary>
    public bool Encodes => _encoder is not null;

    /// <exception cref="ModelLoadException">It does not run.</exception>
    public static LatentCoder Load(string folder, DiffusionConfig config, int threads)
    {
        ModelGraph? decoder = null, encoder = null;
        try
        {
            decoder = ModelGraph.Open(Path.Combine(folder, "vae_decoder", "model.onnx"), threads);
            var path = Path.Combine(folder, "vae_encoder", "model.onnx");
            if (File.Exists(path)) encoder = ModelGraph.Open(path, threads);
            return new LatentCoder(decoder, encoder, config);
        }
        catch
        {
            decoder?.Dispose();
            encoder?.Dispose();
            throw;
        }
    }

    /// <summary>A latent's picture.</summary>
    public Picture Decode(ReadOnlySpan<float> latent, int width, int height)
    {
        var values = new float[latent.Length];
        for (var i = 0; i < values.Length; i++) values[i] = (float)((latent[i] / _config.ScalingFactor) + _config.Shift);
        var (planes, shape) = _decoder.RunOne("sample", ("latent_sample", _decoder.Feed("latent_sample", values, 1, _config.Channels, height / _config.Scale, width / _config.Scale)));
        return Picture.FromPlanes(planes, (int)shape[^1], (int)shape[^2]);
    }

    /// <summary>A picture's latent: the middle of what the encoder gives as a distribution.</summary>
    public float[] Encode(Picture picture)
    {
        var planes = picture.ToPlanes(Scale, Offset);
        var (values, _) = _encoder!.RunOne(_encoded, ("sample", _encoder.Feed("sample", planes, 1, 3, picture.Height, picture.Width)));
        var size = _config.Channels * (picture.Width / _config.Scale) * (picture.Height / _config.Scale);
        var latent = values[..size];
        for (var i = 0; i < latent.Length; i++) latent[i] = (float)((latent[i] - _config.Shift) * _config.ScalingFactor);
        return latent;
    }

    public void Dispose()
    {
        _decoder.Dispose();
        _encoder?.Dispose();
    }
}
