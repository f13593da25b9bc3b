using System.Text;

namespace Resultity.TestKit.Vision;

/// <summary>A projector of images (<c>--mmproj</c>) with random weights, in a GGUF file of its own: one small layer that sees 32×32 pixels as 16 patches. About 240 KB.</summary>
public sealed class RandomProjector : IDisposable
{
    private const int Width = 32, Inner = 64, Patch = 8, Side = 32, Heads = 2, Alignment = 32;
    private const int Patches = Side / Patch * (Side / Patch);
    private const uint UInt32 = 4, Float32 = 6, Bool = 7, Text = 8, Array = 9;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("resultity-mmproj");
    private readonly Random _random = new(3);
    private readonly MemoryStream _facts = new();
    private readonly List<(string Name, int[] Lengths, float[] Values)> _tensors = [];
    private int _count;

    /// <summary>Writes the file.</summary>
    /// <param name="width">Of the text model's embeddings.</param>
    public RandomProjector(int width)
    {
        Describe(width);
        Fill("v.patch_embd.weight", 0.1, Patch, Patch, 3, Width);
        Fill("v.class_embd", 0.1, Width);
        Fill("v.position_embd.weight", 0.1, Width, Patches + 1);
        Norm("v.pre_ln");
        foreach (var part in (string[])["q", "k", "v", "out"]) Linear($"v.blk.0.attn_{part}", Width, Width);
        Norm("v.blk.0.ln1");
        Norm("v.blk.0.ln2");
        Linear("v.blk.0.ffn_up", Width, Inner);
        Linear("v.blk.0.ffn_down", Inner, Width);
        Linear("mm.0", Width, width);
        Linear("mm.2", width, width);
        Path = System.IO.Path.Combine(_folder.FullName, "mmproj.gguf");
        Write();
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <inheritdoc/>
    public void Dispose() => _folder.Delete(recursive: true);

    private void Describe(int width)
    {
        Fact("general.architecture", Text, static (writer, value) => Put(writer, value), "clip");
        Fact("clip.projector_type", Text, static (writer, value) => Put(writer, value), "mlp");
        Fact("clip.has_vision_encoder", Bool, static (writer, value) => writer.Write(value), true);
        Fact("clip.use_gelu", Bool, static (writer, value) => writer.Write(value), true);
        Fact("clip.vision.attention.layer_norm_epsilon", Float32, static (writer, value) => writer.Write(value), 1e-5f);
        foreach (var (name, value) in new (string, int)[]
        {
            ("image_size", Side), ("patch_size", Patch), ("embedding_length", Width), ("feed_forward_length", Inner), ("projection_dim", width), ("block_count", 1), ("attention.head_count", Heads),
        })
        {
            Fact("clip.vision." + name, UInt32, static (writer, number) => writer.Write(number), value);
        }

        foreach (var name in (string[])["clip.vision.image_mean", "clip.vision.image_std"])
        {
            Fact(name, Array, static (writer, value) =>
            {
                writer.Write(Float32);
                writer.Write(3UL);
                for (var i = 0; i < 3; i++) writer.Write(value);
            }, 0.5f);
        }
    }

    private void Fact<T>(string name, uint kind, Action<BinaryWriter, T> write, T value)
    {
        using var writer = new BinaryWriter(_facts, Encoding.UTF8, leaveOpen: true);
        Put(writer, name);
        writer.Write(kind);
        write(writer, value);
        _count++;
    }

    private void Linear(string name, int from, int to)
    {
        Fill(name + ".weight", 0.1, from, to);
        Fill(name + ".bias", 0, to);
    }

    private void Norm(string name)
    {
        _tensors.Add((name + ".weight", [Width], [.. Enumerable.Repeat(1f, Width)]));
        Fill(name + ".bias", 0, Width);
    }

    private void Fill(string name, double scale, params int[] lengths) =>
        _tensors.Add((name, lengths, [.. Enumerable.Range(0, lengths.Aggregate(static (product, length) => product * length)).Select(_ => (float)(scale * (_random.NextDouble() - _random.NextDouble()) * 2.4))]));

    private void Write()
    {
        using var writer = new BinaryWriter(File.Create(Path));
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((ulong)_tensors.Count);
        writer.Write((ulong)_count);
        writer.Write(_facts.ToArray());
        var offset = 0L;
        foreach (var (name, lengths, values) in _tensors)
        {
            Put(writer, name);
            writer.Write(lengths.Length);
            foreach (var length in lengths) writer.Write((long)length);
            writer.Write(0);
            writer.Write(offset);
            offset += Aligned(values.Length * sizeof(float));
        }

        Pad(writer);
        foreach (var (_, _, values) in _tensors)
        {
            foreach (var value in values) writer.Write(value);
            Pad(writer);
        }
    }

    private static void Pad(BinaryWriter writer) => writer.Write(new byte[Aligned(writer.BaseStream.Position) - writer.BaseStream.Position]);

    private static long Aligned(long position) => (position + Alignment - 1) / Alignment * Alignment;

    private static void Put(BinaryWriter writer, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }
}
