using System.Numerics.Tensors;
using System.Text.Json.Nodes;
using Microsoft.ML.OnnxRuntime;
using Resultity.Onnx.Embeddings;
using Resultity.Onnx.Tests.Tokenizers;
using Resultity.Onnx.Tokenizers;
using Xunit;

namespace Resultity.Onnx.Tests.Embeddings;

public sealed class EmbeddingModelTests : IDisposable
{
    private static readonly Tokenizer Tokens = Tokenizer.Load(BuiltInModels.Embed);
    private readonly EmbeddingModel _model = EmbeddingModel.Load(BuiltInModels.Embed);
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("resultity-embed");

    private static int[] Encode(string text) => Tokens.Encode(text, addSpecialTokens: true, parseSpecialTokens: false);

    [Fact]
    public void Texts_that_mean_the_same_are_nearest()
    {
        string[] texts = ["a red circle", "turn on the light in the kitchen", "Anna lives in Berlin", "the circle is red", "switch the kitchen lamp on", "Where does Anna live? In Berlin."];
        var vectors = _model.Embed([.. texts.Select(Encode)]);
        for (var i = 0; i < 3; i++)
            for (var j = 0; j < texts.Length; j++)
                if (j != i && j != i + 3)
                    Assert.True(TensorPrimitives.Dot<float>(vectors[i], vectors[i + 3]) > TensorPrimitives.Dot<float>(vectors[i], vectors[j]) + 0.1f, $"'{texts[i]}' is nearer to '{texts[j]}'.");
    }

    [Fact]
    public void A_vector_is_the_normalised_mean_of_the_graph_s_states()
    {
        var text = Encode("the weather in Paris is sunny");
        using var session = new InferenceSession(Path.Combine(BuiltInModels.Embed, "onnx", "model.onnx"));
        using var options = new RunOptions();
        long[] shape = [1, text.Length];
        using var states = session.Run(options, new Dictionary<string, OrtValue>
        {
            ["input_ids"] = OrtValue.CreateTensorValueFromMemory(text.Select(t => (long)t).ToArray(), shape),
            ["attention_mask"] = OrtValue.CreateTensorValueFromMemory(text.Select(_ => 1L).ToArray(), shape),
            ["token_type_ids"] = OrtValue.CreateTensorValueFromMemory(new long[text.Length], shape),
        }, ["last_hidden_state"]);
        var values = states[0].GetTensorDataAsSpan<float>().ToArray();
        var mean = Enumerable.Range(0, 128).Select(d => Enumerable.Range(0, text.Length).Average(t => (double)values[t * 128 + d])).ToArray();
        var norm = Math.Sqrt(mean.Sum(x => x * x));
        var vector = _model.Embed([text])[0];
        Assert.Equal(128, _model.Dimensions);
        for (var i = 0; i < 128; i++) Assert.Equal(mean[i] / norm, vector[i], 1e-4);
    }

    [Fact]
    public void A_batch_of_unequal_texts_equals_each_alone_in_the_callers_order()
    {
        var random = new Random(5);
        int[][] texts = [.. Enumerable.Range(0, 60).Select(_ => Enumerable.Range(0, random.Next(1, 129)).Select(_ => random.Next(5, 2400)).ToArray())];
        var together = _model.Embed(texts);
        for (var i = 0; i < texts.Length; i++)
        {
            var alone = _model.Embed([texts[i]])[0];
            Assert.True(TensorPrimitives.Distance<float>(alone, together[i]) < 1e-4f);
            Assert.Equal(1, TensorPrimitives.Norm<float>(together[i]), 1e-4);
        }
    }

    [Fact]
    public void No_texts_give_no_vectors() => Assert.Empty(_model.Embed([]));

    [Fact]
    public void Cancellation_stops_between_batches() =>
        Assert.Throws<OperationCanceledException>(() => _model.Embed([[5, 6]], new CancellationToken(canceled: true)));

    public static IEnumerable<TheoryDataRow<int[]>> Impossible => [new(Array.Empty<int>()), new(new int[129]), new([2400]), new([-1])];

    [Theory, MemberData(nameof(Impossible))]
    public void A_text_outside_the_limits_is_refused(int[] text) => Assert.Throws<ArgumentException>(() => _model.Embed([[5], text]));

    [Theory, InlineData("pooling_mode_cls_token"), InlineData("pooling_mode_max_tokens"), InlineData("pooling_mode_lasttoken"), InlineData("pooling_mode_mean_sqrt_len_tokens"), InlineData("pooling_mode_weightedmean_tokens")]
    public void Each_way_of_pooling_gives_another_vector_of_length_one(string mode)
    {
        CopyModel();
        Edit("1_Pooling/config.json", pooling => { pooling["pooling_mode_mean_tokens"] = false; pooling[mode] = true; });
        using var model = EmbeddingModel.Load(_folder.FullName);
        var text = Encode("book a trip to Rome on Monday");
        var vector = model.Embed([text])[0];
        Assert.Equal(1, TensorPrimitives.Norm<float>(vector), 1e-4);
        // A mean differs from the sum over the square root of the length by a factor, which normalising takes away.
        Assert.Equal(mode == "pooling_mode_mean_sqrt_len_tokens", TensorPrimitives.Distance<float>(vector, _model.Embed([text])[0]) < 1e-4f);
    }

    [Fact]
    public void Without_a_normalising_module_vectors_keep_their_length()
    {
        CopyModel();
        var modules = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder.FullName, "modules.json")))!.AsArray();
        modules.RemoveAt(2);
        File.WriteAllText(Path.Combine(_folder.FullName, "modules.json"), modules.ToJsonString());
        using var model = EmbeddingModel.Load(_folder.FullName);
        Assert.NotEqual(1, TensorPrimitives.Norm<float>(model.Embed([Encode("a red circle")])[0]), 1e-3);
    }

    [Fact]
    public void The_shorter_of_two_limits_on_length_counts()
    {
        CopyModel();
        Edit("sentence_bert_config.json", file => file["max_seq_length"] = 16);
        using var model = EmbeddingModel.Load(_folder.FullName);
        Assert.Equal(16, model.MaxTokens);
    }

    [Theory]
    [InlineData("config.json", "vocab_size", "\"many\"", "vocab_size")]
    [InlineData("config.json", "vocab_size", "1e300", "vocab_size")]
    [InlineData("config.json", "max_position_embeddings", "-5", "max_position_embeddings")]
    [InlineData("1_Pooling/config.json", "pooling_mode_cls_token", "true", "2 ways of pooling")]
    [InlineData("1_Pooling/config.json", "pooling_mode_cls_token", "7", "true or false")]
    public void Broken_files_are_named(string file, string key, string value, string message)
    {
        CopyModel();
        Edit(file, json => json[key] = JsonNode.Parse(value));
        var error = Assert.Throws<ModelLoadException>(() => EmbeddingModel.Load(_folder.FullName));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains("config.json", error.Message, StringComparison.Ordinal);
    }

    [Theory, InlineData("../secret"), InlineData(".."), InlineData("a/b"), InlineData("/etc")]
    public void A_pooling_path_cannot_leave_the_folder(string path)
    {
        CopyModel();
        File.WriteAllText(Path.Combine(_folder.FullName, "modules.json"), new JsonArray(new JsonObject { ["type"] = "x.Pooling", ["path"] = path }).ToJsonString());
        Assert.Contains("is not the name of a folder", Assert.Throws<ModelLoadException>(() => EmbeddingModel.Load(_folder.FullName)).Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _model.Dispose();
        _folder.Delete(recursive: true);
    }

    private void CopyModel()
    {
        foreach (var file in Directory.EnumerateFiles(BuiltInModels.Embed, "*", SearchOption.AllDirectories))
        {
            var copy = Path.Combine(_folder.FullName, Path.GetRelativePath(BuiltInModels.Embed, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    private void Edit(string file, Action<JsonObject> edit)
    {
        var path = Path.Combine(_folder.FullName, file);
        var json = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        edit(json);
        File.WriteAllText(path, json.ToJsonString());
    }
}
