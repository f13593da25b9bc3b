using Microsoft.ML.OnnxRuntime.Tensors;
using Resultity.Onnx.Tests.Tokenizers;
using Resultity.Onnx.Text;
using Resultity.Onnx.Text.Graphs;
using Resultity.Onnx.Text.Loading;
using Xunit;

namespace Resultity.Onnx.Tests.Text;

/// <summary>Graphs as other exporters and families write them, made from the built-in one; each must answer as without rewriting.</summary>
public sealed class GraphVariantTests : IDisposable
{
    private readonly ModelFolder _folder = new(withGraph: false);
    private readonly OnnxGraph _graph = OnnxGraph.Parse(File.ReadAllBytes(Path.Combine(BuiltInModels.Chat, "onnx", "model.onnx")));

    private readonly TextModelConfig _config;
    private Func<byte[], byte[]> _change = model => model;

    public GraphVariantTests() => _config = TextModelConfigReader.Read(_folder.Path, 0);

    public void Dispose() => _folder.Dispose();

    private async Task<List<int>> GreedyAsync(bool fuse, bool inPlace)
    {
        File.WriteAllBytes(_folder["onnx/model.onnx"], _change(_graph.Write()));
        using var model = TextModel.Load(_folder.Path, new TextModelOptions { FuseAttention = fuse });
        Assert.Equal(inPlace, model.InPlace);
        await using var engine = new TextEngine(model, new TextEngineOptions { PrefillChunk = 8, PrefixCacheBytes = 0 }, TimeProvider.System);
        var others = new[] { ChatModel.Hello, ChatModel.Long(300) }.Select(p => engine.Start(new GenerationRequest { Prompt = p, MaxTokens = 60, EndTokens = [] })).ToArray();
        using var generation = engine.Start(new GenerationRequest { Prompt = ChatModel.FoxStory, MaxTokens = 40, EndTokens = [], Sampling = SamplingOptions.Greedy });
        var tokens = await generation.IdsAsync();
        foreach (var other in others) Assert.Equal(60, (await other.AllAsync()).Count);
        return tokens;
    }

    [Fact]
    public async Task A_graph_that_is_only_parsed_and_written_computes_the_same()
    {
        using var reference = new NaiveDecoder(BuiltInModels.Chat);
        Assert.Equal(reference.GreedyWithoutEnd(ChatModel.FoxStory, 40), await GreedyAsync(fuse: false, inPlace: false));
    }

    [Fact]
    public async Task Projections_with_a_bias_are_recognised_as_Qwen2_has_them()
    {
        var random = new Random(3);
        ForEachProjection((value, _, width) => Insert(value, "Add", Floats($"{value}.bias", width, () => random.NextSingle() - 0.5f)));
        Assert.Equal(await GreedyAsync(fuse: false, inPlace: false), await GreedyAsync(fuse: true, inPlace: true));
    }

    [Fact]
    public async Task Scaled_queries_and_keys_are_recognised_as_newer_exporters_have_them()
    {
        var exported = await GreedyAsync(fuse: false, inPlace: false);
        // sqrt(2) on the keys and its inverse on the queries, computed by the graph.
        var two = _graph.Constant<float>("made.two", TensorElementType.Float, [2]);
        var half = _graph.Constant<float>("made.half", TensorElementType.Float, [0.5f]);
        _graph.Prepend(new OnnxNode("Sqrt", [two], ["made.up"]), new OnnxNode("Sqrt", [half], ["made.down"]));
        for (var layer = 0; layer < _config.Layers; layer++)
        {
            var (scores, keys) = Scores(layer);
            Insert(keys, "Mul", "made.up", scores);
            Insert(scores.Inputs.First(i => i != $"{keys}.made"), "Mul", "made.down", scores);
        }
        Assert.Equal(exported, await GreedyAsync(fuse: false, inPlace: false));
        Assert.Equal(exported, await GreedyAsync(fuse: true, inPlace: true));
    }

    [Fact]
    public async Task Normed_queries_and_keys_are_recognised_as_Qwen3_has_them()
    {
        var random = new Random(4);
        ForEachProjection((value, role, _) =>
        {
            if (role == 2) return;
            var reshape = _graph.Consumers(value).Single(n => n.Operator == "Reshape").Outputs[0];
            var scale = Floats($"{reshape}.scale", 32, () => 0.5f + random.NextSingle());
            // Variance's root, then the weight: the shape of a norm, if not its numbers.
            InsertNodes(reshape, [new OnnxNode("Mul", [reshape, reshape], [$"{reshape}.square"]), new OnnxNode("Sigmoid", [$"{reshape}.square"], [$"{reshape}.gate"]),
                new OnnxNode("Mul", [$"{reshape}.gate", reshape], [$"{reshape}.normed"]), new OnnxNode("Mul", [scale, $"{reshape}.normed"], [$"{reshape}.made"])]);
        });
        Assert.Equal(await GreedyAsync(fuse: false, inPlace: false), await GreedyAsync(fuse: true, inPlace: true));
    }

    [Fact]
    public async Task Dynamically_quantized_projections_are_recognised()
    {
        var random = new Random(5);
        ForEachProjection((value, role, width) =>
        {
            var product = _graph.Producer(value)!;
            var weight = new byte[192 * width];
            random.NextBytes(weight);
            var (q, name) = ($"{value}.q", $"{value}.made");
            InsertNodes(value,
            [
                new OnnxNode("DynamicQuantizeLinear", [product.Inputs[0]], [q, $"{q}.scale", $"{q}.zero"]),
                new OnnxNode("MatMulInteger", [q, _graph.Constant<byte>($"{q}.weight", TensorElementType.UInt8, weight, 192, width), $"{q}.zero", _graph.Constant<byte>($"{q}.weight_zero", TensorElementType.UInt8, [128])], [$"{q}.product"]),
                new OnnxNode("Cast", [$"{q}.product"], [$"{q}.float"]).With("to", (long)TensorElementType.Float),
                new OnnxNode("Mul", [$"{q}.scale", _graph.Constant<float>($"{q}.weight_scale", TensorElementType.Float, [0.001f])], [$"{q}.both"]),
                new OnnxNode("Mul", [$"{q}.float", $"{q}.both"], [name]),
            ]);
        });
        Assert.Equal(await GreedyAsync(fuse: false, inPlace: false), await GreedyAsync(fuse: true, inPlace: true));
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task Half_precision_keys_values_and_logits_are_taken(bool logitsToo)
    {
        var exported = await GreedyAsync(fuse: false, inPlace: false);
        for (var i = 0; i < 12; i++)
        {
            var (past, present) = ($"past_key_values.{i / 2}.{(i % 2 == 0 ? "key" : "value")}", $"present.{i / 2}.{(i % 2 == 0 ? "key" : "value")}");
            var join = _graph.Producer(present)!;
            join.Inputs[0] = $"{past}.single";
            Rename(present, $"{present}.single");
            _graph.Prepend(new OnnxNode("Cast", [past], [$"{past}.single"]).With("to", (long)TensorElementType.Float));
            Append(new OnnxNode("Cast", [$"{present}.single"], [present]).With("to", (long)TensorElementType.Float16));
        }
        if (logitsToo)
        {
            Rename("logits", "logits.single");
            Append(new OnnxNode("Cast", ["logits.single"], ["logits"]).With("to", (long)TensorElementType.Float16));
        }
        _change = model => GraphBytes.Retype(model, TensorElementType.Float16, name => name.Contains(".key", StringComparison.Ordinal) || name.Contains(".value", StringComparison.Ordinal) || logitsToo && name == "logits");
        var half = await GreedyAsync(fuse: true, inPlace: false);
        // Rounding to half may turn a near tie late in the text.
        Assert.Equal(exported.Take(20), half.Take(20));
    }

    [Fact]
    public async Task A_graph_exported_with_in_place_attention_runs_as_it_is()
    {
        var exported = await GreedyAsync(fuse: false, inPlace: false);
        Assert.True(DecoderRewriter.FuseAttention(_graph, _config, TensorElementType.Float, Names("past_key_values"), Names("present")));
        _graph.Prune();
        Assert.Equal(exported, await GreedyAsync(fuse: true, inPlace: true));

        static string[] Names(string prefix) => [.. Enumerable.Range(0, 12).Select(i => $"{prefix}.{i / 2}.{(i % 2 == 0 ? "key" : "value")}")];
    }

    [Fact]
    public async Task A_graph_without_position_ids_computes_each_sequence_apart()
    {
        var exported = await GreedyAsync(fuse: false, inPlace: false);
        // Positions from the mask's running sum, as older exports have them: those of the new tokens are the last ones.
        string Constant(string name, params long[] values) => _graph.Constant<long>(name, TensorElementType.Int64, values, values.Length);
        foreach (var consumer in _graph.Consumers("position_ids")) consumer.Inputs[consumer.Inputs.IndexOf("position_ids")] = "made.positions";
        _graph.Prepend(
            new OnnxNode("CumSum", ["attention_mask", Constant("made.axis", 1)], ["made.sum"]),
            new OnnxNode("Sub", ["made.sum", Constant("made.one", 1)], ["made.all"]),
            new OnnxNode("Shape", ["input_ids"], ["made.shape"]),
            new OnnxNode("Slice", ["made.shape", "made.one", Constant("made.two", 2)], ["made.count"]),
            new OnnxNode("Neg", ["made.count"], ["made.start"]),
            new OnnxNode("Slice", ["made.all", "made.start", Constant("made.end", long.MaxValue), "made.axis"], ["made.positions"]));
        _change = model => GraphBytes.WithoutInput(model, "position_ids");
        Assert.Equal(exported, await GreedyAsync(fuse: false, inPlace: false));
        Assert.Equal(exported, await GreedyAsync(fuse: true, inPlace: true));
    }

    [Fact]
    public void A_graph_without_one_of_its_inputs_is_refused()
    {
        File.WriteAllBytes(_folder["onnx/model.onnx"], GraphBytes.WithoutInput(_graph.Write(), "attention_mask"));
        Assert.Throws<ModelLoadException>(() => TextModel.Load(_folder.Path));
    }

    [Theory, InlineData(new byte[] { 0x0B }), InlineData(new byte[] { 0x0A, 0x05, 0x01 }), InlineData(new byte[] { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80 }), InlineData(new byte[] { 0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01 })]
    public void Bytes_that_are_not_a_message_are_refused(byte[] bytes) =>
        Assert.Throws<InvalidDataException>(() => OnnxGraph.Parse(bytes));

    private string Floats(string name, int count, Func<float> next) => _graph.Constant<float>(name, TensorElementType.Float, [.. Enumerable.Range(0, count).Select(_ => next())], count);

    // Each layer's query (0), key (1) and value (2) as projected, and their width.
    private void ForEachProjection(Action<string, int, int> act)
    {
        for (var layer = 0; layer < _config.Layers; layer++)
        {
            var found = AttentionPattern.Find(_graph, $"past_key_values.{layer}.key", $"present.{layer}.key", $"past_key_values.{layer}.value", $"present.{layer}.value")!;
            act(found.Query, 0, 192);
            act(found.Key, 1, 64);
            act(found.Value, 2, 64);
        }
    }

    // The product of queries and keys, and the side that the keys are on.
    private (OnnxNode Product, string Keys) Scores(int layer)
    {
        var reached = new HashSet<string> { $"present.{layer}.key" };
        foreach (var node in _graph.Nodes)
        {
            if (!node.Inputs.Exists(reached.Contains) || node.Operator == "Shape") continue;
            if (node.Operator == "MatMul") return (node, node.Inputs.First(reached.Contains));
            reached.Add(node.Outputs[0]);
        }
        throw new InvalidOperationException("No product.");
    }

    // value -> operator(value, other) for one consumer or all.
    private void Insert(string value, string op, string other, OnnxNode? consumer = null) => InsertNodes(value, [new OnnxNode(op, [other, value], [$"{value}.made"])], consumer);

    private void InsertNodes(string value, OnnxNode[] nodes, OnnxNode? consumer = null)
    {
        foreach (var node in consumer is null ? _graph.Consumers(value) : [consumer]) node.Inputs[node.Inputs.IndexOf(value)] = $"{value}.made";
        _graph.Replace([_graph.Producer(value)!], [_graph.Producer(value)!, .. nodes]);
    }

    private void Rename(string value, string name)
    {
        foreach (var node in _graph.Consumers(value).ToArray()) node.Inputs[node.Inputs.IndexOf(value)] = name;
        var producer = _graph.Producer(value)!;
        producer.Outputs[producer.Outputs.IndexOf(value)] = name;
        _graph.Prepend();
    }

    private void Append(OnnxNode node) => _graph.Replace([_graph.Nodes[^1]], _graph.Nodes[^1], node);
}
