using Microsoft.ML.OnnxRuntime.Tensors;
using Resultity.Onnx.Tests.Tokenizers;
using Resultity.Onnx.Text;
using Resultity.Onnx.Text.Graphs;
using Xunit;

namespace Resultity.Onnx.Tests.Text;

/// <summary>Graphs as other exporters and families write them, made from the built-in one; each must answer as without rewriting.</summary>
public sealed class GraphVariantTests : IDisposable
{
    private readonly ModelFolder _folder = new(withGraph: false);
    private readonly OnnxGraph _graph = OnnxGraph.Parse(File.ReadAllBytes(Path.Combine(BuiltInModels.Chat, "onnx", "model.onnx")));

    public void Dispose() => _folder.Dispose();

    private async Task<List<int>> GreedyAsync(bool fuse, bool inPlace)
    {
        File.WriteAllBytes(_folder["onnx/model.onnx"], _graph.Write());
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
        var config = Resultity.Onnx.Text.Loading.TextModelConfigReader.Read(_folder.Path, 0);
        var random = new Random(3);
        for (var layer = 0; layer < config.Layers; layer++)
        {
            var found = AttentionPattern.Find(_graph, $"past_key_values.{layer}.key", $"present.{layer}.key", $"past_key_values.{layer}.value", $"present.{layer}.value")!;
            foreach (var (value, width) in ((string, int)[])[(found.Query, 192), (found.Key, 64), (found.Value, 64)])
            {
                var bias = _graph.Constant<float>($"{value}.bias", TensorElementType.Float, [.. Enumerable.Range(0, width).Select(_ => random.NextSingle() - 0.5f)], width);
                foreach (var consumer in _graph.Consumers(value)) consumer.Inputs[consumer.Inputs.IndexOf(value)] = $"{value}.biased";
                _graph.InsertBefore(_graph.Nodes[_graph.Nodes.IndexOf(_graph.Producer(value)!) + 1], new OnnxNode("Add", [bias, value], [$"{value}.biased"]));
            }
        }
        Assert.Equal(await GreedyAsync(fuse: false, inPlace: false), await GreedyAsync(fuse: true, inPlace: true));
    }

    [Fact]
    public async Task A_graph_exported_with_in_place_attention_runs_as_it_is()
    {
        var exported = await GreedyAsync(fuse: false, inPlace: false);
        var config = Resultity.Onnx.Text.Loading.TextModelConfigReader.Read(_folder.Path, 0);
        Assert.True(DecoderRewriter.FuseAttention(_graph, config, TensorElementType.Float, Names("past_key_values"), Names("present")));
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
        _graph.RemoveInput("position_ids");
        Assert.Equal(exported, await GreedyAsync(fuse: false, inPlace: false));
    }

    [Fact]
    public void A_graph_that_takes_something_else_is_refused_by_name()
    {
        _graph.RemoveInput("attention_mask");
        File.WriteAllBytes(_folder["onnx/model.onnx"], _graph.Write());
        Assert.Throws<ModelLoadException>(() => TextModel.Load(_folder.Path));
    }

    [Theory, InlineData(new byte[] { 0x0B }), InlineData(new byte[] { 0x0A, 0x05, 0x01 }), InlineData(new byte[] { 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80 }), InlineData(new byte[] { 0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01 })]
    public void Bytes_that_are_not_a_message_are_refused(byte[] bytes) =>
        Assert.Throws<InvalidDataException>(() => OnnxGraph.Parse(bytes));
}
