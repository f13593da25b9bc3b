using Microsoft.ML.OnnxRuntime;
using Resultity.Onnx.Text.Graphs;

namespace Resultity.Onnx.Text.Loading;

/// <summary>Opens a decoder's graph: rewritten where the rewritten one is shown to compute the same, else as exported.</summary>
internal static class DecoderLoader
{
    // Protocol buffers end at 2 GB; larger models keep their weights beside the graph.
    private const long LargestGraph = int.MaxValue - 1024;

    public static DecoderGraph Load(string path, TextModelConfig config, TextModelOptions options)
    {
        var source = options.FuseAttention ? TryParse(path) : null;
        var native = source is not null && source.Nodes.Exists(n => n.Operator == DecoderRewriter.InPlaceAttention);
        var exported = Open(() => Sessions.Open(path, options.Threads, options.Spinning), config, native, lastLogitsOnly: false);
        try
        {
            var expected = Trial.Run(exported, config);
            if (source is null || Rewrite(source, config, exported.Signature, native) is not { } rewritten) return exported;
            // One after the other, so that the weights are in memory once.
            exported.Dispose();
            var candidate = TryOpen(rewritten.Model, path, config, options, rewritten.LastLogitsOnly);
            if (candidate is not null && Trial.Agrees(candidate, config, expected)) return candidate;
            candidate?.Dispose();
            exported = Open(() => Sessions.Open(path, options.Threads, options.Spinning), config, native, lastLogitsOnly: false);
            exported.Vocabulary = expected.Vocabulary;
            return exported;
        }
        catch
        {
            exported.Dispose();
            throw;
        }
    }

    private static (byte[] Model, bool LastLogitsOnly)? Rewrite(OnnxGraph graph, TextModelConfig config, DecoderSignature signature, bool native)
    {
        try
        {
            if (!native && !DecoderRewriter.FuseAttention(graph, config, signature.CacheType, signature.Past, signature.Present)) return null;
            var last = DecoderRewriter.KeepLastLogits(graph);
            if (native && !last) return null;
            graph.Prune();
            return (graph.Write(), last);
        }
        catch (Exception e) when (e is ArgumentException or InvalidDataException or OverflowException)
        {
            // A node without the inputs that its operator has, or a model that grew beyond an array: run it as exported.
            return null;
        }
    }

    private static OnnxGraph? TryParse(string path)
    {
        try
        {
            return new FileInfo(path).Length > LargestGraph ? null : OnnxGraph.Parse(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is InvalidDataException or OverflowException or IOException)
        {
            // The runtime reads the file next and says what is wrong with it.
            return null;
        }
    }

    private static DecoderGraph? TryOpen(byte[] model, string path, TextModelConfig config, TextModelOptions options, bool lastLogitsOnly)
    {
        try
        {
            return Open(() => Sessions.Open(model, path, options.Threads, options.Spinning), config, inPlace: true, lastLogitsOnly);
        }
        catch (Exception e) when (e is OnnxRuntimeException or ModelLoadException)
        {
            return null;
        }
    }

    private static DecoderGraph Open(Func<InferenceSession> open, TextModelConfig config, bool inPlace, bool lastLogitsOnly)
    {
        var session = open();
        try
        {
            return new DecoderGraph(session, DecoderSignature.Read(session, config), inPlace, lastLogitsOnly);
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }
}
