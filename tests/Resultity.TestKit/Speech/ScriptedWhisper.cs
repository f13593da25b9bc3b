using System.Text;

namespace Resultity.TestKit.Speech;

/// <summary>A Whisper model in ggml's format, in a file of its own, that hears the same words in every sound. About 8 MB.</summary>
/// <remarks>
/// All blocks are zero, so what the decoder says at a position is what the position's embedding points to: the script's next token. Tokens
/// that the script does not use have short embeddings, so that they are never the likeliest.
/// </remarks>
public sealed class ScriptedWhisper : IDisposable
{
    private const int Width = 64, Layers = 4, TextContext = 448, SoundContext = 1500, Mels = 80, FeatureBins = 201;
    private const int Multilingual = 51865, TimeSteps = 1501;
    private const double LongEmbedding = 10, ShortEmbedding = 2;
    private static readonly string[] FirstLanguages = ["en", "zh", "de", "es", "ru", "ko", "fr"];
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("resultity-ggml-whisper");
    private readonly Random _random = new(7);
    private readonly float[][] _embeddings;
    private readonly BinaryWriter _file;

    /// <summary>Writes the file.</summary>
    /// <param name="words">What it hears.</param>
    /// <param name="language">In which language it hears it: en, zh, de, es, ru, ko or fr; <see langword="null"/> for a model that knows English only.</param>
    /// <param name="seconds">Where it says the words end, at most 30.</param>
    public ScriptedWhisper(string words, string? language = "en", double seconds = 2)
    {
        var multilingual = language is not null;
        var vocabulary = multilingual ? Multilingual : Multilingual - 1;
        var end = multilingual ? 50257 : 50256;
        var firstTime = vocabulary - TimeSteps;
        string[] tokens = [.. words.Split(' ').Select(static word => " " + word)];
        int[] said = [firstTime, .. Enumerable.Range(256, tokens.Length), firstTime + (int)(seconds / 0.02)];
        // Before it come the start, the language and the task; without languages the start alone.
        var prompt = multilingual ? 2 : 0;

        var pool = Enumerable.Range(0, 512).Select(_ => Embedding(ShortEmbedding)).ToArray();
        _embeddings = [.. Enumerable.Range(0, vocabulary).Select(token => pool[token % pool.Length])];
        var spoken = language is null ? end : end + 2 + Array.IndexOf(FirstLanguages, language);
        foreach (var token in said.Append(end).Append(spoken).Distinct()) _embeddings[token] = Embedding(LongEmbedding);
        var positions = Enumerable.Range(0, TextContext).Select(_ => new float[Width]).ToArray();
        if (multilingual) Point(positions[0], spoken, 1);
        for (var i = 0; i < said.Length; i++) Point(positions[prompt + i], said[i], 1);
        // After the last time either another time or the end has to come.
        Point(positions[prompt + said.Length - 1], end, 0.9);
        for (var i = prompt + said.Length; i < TextContext; i++) Point(positions[i], end, 1);

        Path = System.IO.Path.Combine(_folder.FullName, "ggml-scripted.bin");
        using (_file = new BinaryWriter(File.Create(Path)))
        {
            Integers(0x67676d6c, vocabulary, SoundContext, Width, 1, Layers, TextContext, Width, 1, Layers, Mels, 1);
            Integers(Mels, FeatureBins);
            _file.Write(new byte[Mels * FeatureBins * sizeof(float)]);
            Vocabulary(tokens);
            Encoder();
            Decoder(positions);
        }
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);

    private float[] Embedding(double length)
    {
        var values = Enumerable.Range(0, Width).Select(_ => Math.Sqrt(-2 * Math.Log(1 - _random.NextDouble())) * Math.Cos(2 * Math.PI * _random.NextDouble())).ToArray();
        var mean = values.Average();
        var scale = length / Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)));
        return [.. values.Select(value => (float)((value - mean) * scale))];
    }

    private void Point(float[] position, int token, double weight)
    {
        for (var i = 0; i < Width; i++) position[i] += (float)(10 * weight * _embeddings[token][i]);
    }

    private void Vocabulary(string[] tokens)
    {
        Integers(256 + tokens.Length);
        for (var b = 0; b < 256; b++)
        {
            Integers(1);
            _file.Write((byte)b);
        }

        foreach (var token in tokens)
        {
            var bytes = Encoding.UTF8.GetBytes(token);
            Integers(bytes.Length);
            _file.Write(bytes);
        }
    }

    private void Encoder()
    {
        Zeros("encoder.positional_embedding", half: false, Width, SoundContext);
        Zeros("encoder.conv1.weight", half: true, 3, Mels, Width);
        Zeros("encoder.conv1.bias", half: false, 1, Width);
        Zeros("encoder.conv2.weight", half: true, 3, Width, Width);
        Zeros("encoder.conv2.bias", half: false, 1, Width);
        Norm("encoder.ln_post");
        for (var layer = 0; layer < Layers; layer++)
        {
            var block = $"encoder.blocks.{layer}";
            Norm(block + ".attn_ln");
            Attention(block + ".attn");
            Mlp(block);
        }
    }

    private void Decoder(float[][] positions)
    {
        Head("decoder.positional_embedding", half: false, Width, TextContext);
        foreach (var value in positions.SelectMany(static row => row)) _file.Write(value);
        Head("decoder.token_embedding.weight", half: true, Width, _embeddings.Length);
        foreach (var value in _embeddings.SelectMany(static row => row)) _file.Write((Half)value);
        Norm("decoder.ln");
        for (var layer = 0; layer < Layers; layer++)
        {
            var block = $"decoder.blocks.{layer}";
            Norm(block + ".attn_ln");
            Attention(block + ".attn");
            Norm(block + ".cross_attn_ln");
            Attention(block + ".cross_attn");
            Mlp(block);
        }
    }

    private void Attention(string name)
    {
        foreach (var part in (string[])["query", "key", "value", "out"])
        {
            Zeros($"{name}.{part}.weight", half: true, Width, Width);
            if (part != "key") Zeros($"{name}.{part}.bias", half: false, Width);
        }
    }

    private void Mlp(string block)
    {
        Norm(block + ".mlp_ln");
        Zeros(block + ".mlp.0.weight", half: true, Width, 4 * Width);
        Zeros(block + ".mlp.0.bias", half: false, 4 * Width);
        Zeros(block + ".mlp.2.weight", half: true, 4 * Width, Width);
        Zeros(block + ".mlp.2.bias", half: false, Width);
    }

    private void Norm(string name)
    {
        Head(name + ".weight", half: false, Width);
        for (var i = 0; i < Width; i++) _file.Write(1f);
        Zeros(name + ".bias", half: false, Width);
    }

    private void Zeros(string name, bool half, params int[] lengths)
    {
        Head(name, half, lengths);
        _file.Write(new byte[lengths.Aggregate(half ? 2 : sizeof(float), static (product, length) => product * length)]);
    }

    private void Head(string name, bool half, params int[] lengths)
    {
        var bytes = Encoding.UTF8.GetBytes(name);
        Integers(lengths.Length, bytes.Length, half ? 1 : 0);
        Integers(lengths);
        _file.Write(bytes);
    }

    private void Integers(params int[] values)
    {
        foreach (var value in values) _file.Write(value);
    }
}
