using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using Resultity.Onnx.Text.Loading;

namespace Resultity.Onnx.Speech.Decoding;

/// <summary>The graphs of an export: encoder, and a decoder in one file that takes a cache or none, or in two files for the one and the other.</summary>
/// <remarks>Names as optimum and transformers.js use them. <see cref="Steps"/> and <see cref="First"/> are the same session where they are one file.</remarks>
internal sealed class WhisperGraphs : IDisposable
{
    private readonly string[] _selfPast, _crossPast;

    private WhisperGraphs(InferenceSession encoder, InferenceSession first, InferenceSession steps, WhisperConfig config)
    {
        (Encoder, First, Steps) = (encoder, first, steps);
        _selfPast = Names(config, "past_key_values", "decoder");
        _crossPast = Names(config, "past_key_values", "encoder");
        SelfPresent = Names(config, "present", "decoder");
        CrossPresent = Names(config, "present", "encoder");
        Attentions = [.. Enumerable.Range(0, config.Layers).Select(static layer => $"cross_attentions.{layer}")];
        ShowsAttention = config.AlignmentHeads is not null && Array.TrueForAll(Attentions, First.OutputMetadata.ContainsKey) && Array.TrueForAll(Attentions, Steps.OutputMetadata.ContainsKey);
        FeaturesType = encoder.InputMetadata.TryGetValue("input_features", out var features) ? features.ElementDataType : throw Missing("encoder", "input 'input_features'");
        if (!encoder.OutputMetadata.ContainsKey("last_hidden_state")) throw Missing("encoder", "output 'last_hidden_state'");
        Check(First, "decoder", ["input_ids", "encoder_hidden_states"], ["logits", .. SelfPresent, .. CrossPresent]);
        Check(Steps, "decoder with past", ["input_ids", .. _selfPast, .. _crossPast], ["logits", .. SelfPresent]);
        CacheType = Steps.InputMetadata[_selfPast[0]].ElementDataType;
        LogitsType = First.OutputMetadata["logits"].ElementDataType;
    }

    public InferenceSession Encoder { get; }
    public InferenceSession First { get; }
    public InferenceSession Steps { get; }
    public TensorElementType FeaturesType { get; }
    public TensorElementType CacheType { get; }
    public TensorElementType LogitsType { get; }
    public string[] SelfPresent { get; }
    public string[] CrossPresent { get; }
    public string[] Attentions { get; }

    /// <summary>Whether cross-attention can be had, so that words get times of their own.</summary>
    public bool ShowsAttention { get; }

    public bool Merged => ReferenceEquals(First, Steps);

    /// <summary>The position of an input in the cache: (is of the sound, index); null for other inputs.</summary>
    public (bool Cross, int Index)? CacheInput(string name) =>
        Array.IndexOf(_selfPast, name) is >= 0 and var self ? (false, self) : Array.IndexOf(_crossPast, name) is >= 0 and var cross ? (true, cross) : null;

    /// <exception cref="ModelLoadException">The folder holds no such export.</exception>
    public static WhisperGraphs Open(string folder, WhisperConfig config, SpeechModelOptions options)
    {
        var opened = new List<InferenceSession>();
        InferenceSession Session(string path)
        {
            var session = Sessions.Open(path, options.Threads, spinning: false);
            opened.Add(session);
            return session;
        }
        var at = "";
        try
        {
            var encoder = Session(at = GraphFile.Find(folder, options.Variant, "encoder_model"));
            if (Try(folder, options.Variant, "decoder_model_merged") is { } merged)
            {
                var decoder = Session(at = merged);
                return new WhisperGraphs(encoder, decoder, decoder, config);
            }
            var first = Session(at = GraphFile.Find(folder, options.Variant, "decoder_model"));
            return new WhisperGraphs(encoder, first, Session(at = GraphFile.Find(folder, options.Variant, "decoder_with_past_model")), config);
        }
        catch (Exception e)
        {
            foreach (var session in opened) session.Dispose();
            if (e is OnnxRuntimeException) throw new ModelLoadException($"{Path.GetFileName(at)} does not run: {e.Message}", e);
            throw;
        }
    }

    public void Dispose()
    {
        Encoder.Dispose();
        First.Dispose();
        if (!Merged) Steps.Dispose();
    }

    private static string? Try(string folder, string? variant, string name)
    {
        try
        {
            return GraphFile.Find(folder, variant, name);
        }
        catch (ModelLoadException)
        {
            return null;
        }
    }

    private static string[] Names(WhisperConfig config, string prefix, string side) =>
        [.. Enumerable.Range(0, config.Layers).SelectMany(layer => new[] { $"{prefix}.{layer}.{side}.key", $"{prefix}.{layer}.{side}.value" })];

    private static void Check(InferenceSession session, string graph, string[] inputs, string[] outputs)
    {
        foreach (var input in inputs)
            if (!session.InputMetadata.ContainsKey(input)) throw Missing(graph, $"input '{input}'");
        foreach (var output in outputs)
            if (!session.OutputMetadata.ContainsKey(output)) throw Missing(graph, $"output '{output}'");
    }

    private static ModelLoadException Missing(string graph, string what) => new($"The {graph}'s graph has no {what}, which a Whisper-type export has.");
}
