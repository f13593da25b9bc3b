using System.Text.Json.Nodes;
using Resultity.Onnx.Text;
using Xunit;

namespace Resultity.Onnx.Tests.Text;

/// <summary>What a folder must hold, and what is said about one that does not.</summary>
public sealed class TextModelTests(ChatModel chat) : IDisposable
{
    private readonly ModelFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_configuration_is_read()
    {
        var config = chat.InPlace.Config;
        Assert.Equal(("llama", 1024, 1536, 0, 6), (config.ModelType, config.ContextLength, config.VocabularySize, config.BeginToken, config.Layers));
        Assert.Equal([2, 0], config.EndTokens);
        // 6 layers of keys and values, 2 heads of 32 floats.
        Assert.Equal(6 * 2 * 2 * 32 * 4, chat.InPlace.CacheBytesPerToken);
    }

    [Fact]
    public void The_built_in_model_s_attention_is_rewritten_unless_that_is_off() => Assert.Equal((true, false), (chat.InPlace.InPlace, chat.AsExported.InPlace));

    [Fact]
    public void Head_dim_may_be_absent_and_the_context_may_be_bounded()
    {
        _folder.Edit("config.json", config => config.Remove("head_dim"));
        using var model = TextModel.Load(_folder.Path, new TextModelOptions { ContextLength = 100 });
        Assert.Equal((true, 100), (model.InPlace, model.Config.ContextLength));
    }

    [Fact]
    public void End_tokens_come_from_either_file_and_may_be_absent()
    {
        File.Delete(_folder["generation_config.json"]);
        using (var model = TextModel.Load(_folder.Path)) Assert.Equal([2], model.Config.EndTokens);
        _folder.Edit("config.json", config => config["eos_token_id"] = null);
        using (var model = TextModel.Load(_folder.Path)) Assert.Empty(model.Config.EndTokens);
    }

    [Fact]
    public async Task A_rewritten_graph_that_computes_something_else_is_not_used()
    {
        // The graph's own table of angles is for another theta, so a rewriting by this configuration would be wrong.
        _folder.Edit("config.json", config => config["rope_theta"] = 500.0);
        using var model = TextModel.Load(_folder.Path);
        Assert.False(model.InPlace);
        await using var engine = new TextEngine(model, new TextEngineOptions(), TimeProvider.System);
        using var generation = engine.Start(new GenerationRequest { Prompt = ChatModel.FoxStory, MaxTokens = 40, Sampling = SamplingOptions.Greedy });
        Assert.Equal(chat.Reference.Greedy(ChatModel.FoxStory, 40), await generation.IdsAsync());
    }

    [Fact]
    public async Task A_fault_of_the_session_ends_those_computed_together_and_the_engine_goes_on()
    {
        // Beyond the 1024 rows of its table of angles the exported graph fails.
        _folder.Edit("config.json", config => config["max_position_embeddings"] = 4096);
        using var model = TextModel.Load(_folder.Path, new TextModelOptions { FuseAttention = false });
        await using var engine = new TextEngine(model, new TextEngineOptions(), TimeProvider.System);
        using var beside = engine.Start(new GenerationRequest { Prompt = ChatModel.Hello, EndTokens = [] });
        Assert.True(await beside.WaitAsync(TestContext.Current.CancellationToken));
        using var tooFar = engine.Start(new GenerationRequest { Prompt = ChatModel.Long(1020), EndTokens = [] });
        Assert.Equal(5, (await tooFar.AllAsync()).Count);
        await beside.AllAsync();
        Assert.Equal((FinishReason.Failed, FinishReason.Failed), (tooFar.Finish, beside.Finish));
        Assert.NotNull(beside.Error);

        using var inPrompt = engine.Start(new GenerationRequest { Prompt = ChatModel.Long(1100), EndTokens = [] });
        Assert.Empty(await inPrompt.AllAsync());
        Assert.Equal(FinishReason.Failed, inPrompt.Finish);

        using var next = engine.Start(new GenerationRequest { Prompt = ChatModel.Hello, MaxTokens = 20, Sampling = SamplingOptions.Greedy });
        Assert.Equal(chat.Reference.Greedy(ChatModel.Hello, 20), await next.IdsAsync());
        Assert.Equal(8, engine.FreeSlots);
    }

    [Theory]
    [InlineData("vocab_size", "null", "vocab_size is missing")]
    [InlineData("vocab_size", "-1", "vocab_size must be")]
    [InlineData("vocab_size", "1e99", "vocab_size must be")]
    [InlineData("vocab_size", "[1]", "vocab_size must be")]
    [InlineData("num_hidden_layers", "100000", "num_hidden_layers must be")]
    [InlineData("num_hidden_layers", "7", "7 layers")]
    [InlineData("num_hidden_layers", "5", "5 layers")]
    [InlineData("num_key_value_heads", "4", "not a multiple")]
    [InlineData("num_key_value_heads", "3", "num_key_value_heads is 3")]
    [InlineData("head_dim", "64", "head_dim is 64")]
    [InlineData("hidden_size", "\"wide\"", null)]
    [InlineData("max_position_embeddings", "0", "max_position_embeddings must be")]
    [InlineData("eos_token_id", "99999", null)]
    [InlineData("rope_scaling", "{\"rope_type\": 5}", "rope_type must be")]
    [InlineData("rope_theta", "\"NaN\"", "rope_theta must be")]
    public void A_wrong_key_is_named(string key, string value, string? message)
    {
        _folder.Edit("config.json", config => config[key] = JsonNode.Parse(value));
        if (message is null)
        {
            // Not read, since head_dim and generation_config.json say it already.
            TextModel.Load(_folder.Path).Dispose();
            return;
        }
        Assert.Contains(message, Assert.Throws<ModelLoadException>(() => TextModel.Load(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Theory, InlineData(""), InlineData("{"), InlineData("[]"), InlineData("\"x\""), InlineData("{\"vocab_size\": 1"), InlineData("null")]
    public void A_configuration_that_is_not_an_object_is_refused(string content)
    {
        File.WriteAllText(_folder["config.json"], content);
        Assert.Contains("config.json", Assert.Throws<ModelLoadException>(() => TextModel.Load(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Deep_nesting_and_huge_files_are_refused()
    {
        File.WriteAllText(_folder["config.json"], $"{{\"a\": {new string('[', 100_000)}{new string(']', 100_000)}}}");
        Assert.Throws<ModelLoadException>(() => TextModel.Load(_folder.Path));
        File.WriteAllText(_folder["config.json"], new string(' ', 5 << 20) + "{}");
        Assert.Contains("bytes", Assert.Throws<ModelLoadException>(() => TextModel.Load(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_files_are_named()
    {
        Assert.Contains("model_q4.onnx", Assert.Throws<ModelLoadException>(() => TextModel.Load(_folder.Path, new TextModelOptions { Variant = "q4" })).Message, StringComparison.Ordinal);
        Assert.Throws<ModelLoadException>(() => TextModel.Load(_folder.Path, new TextModelOptions { Variant = "../../secret" }));
        Assert.Contains("config.json", Assert.Throws<ModelLoadException>(() => TextModel.Load(_folder["nothing"])).Message, StringComparison.Ordinal);
        File.Delete(_folder["onnx/model.onnx"]);
        Assert.Contains("onnx/model.onnx", Assert.Throws<ModelLoadException>(() => TextModel.Load(_folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_precision_is_found_by_its_suffix()
    {
        File.Move(_folder["onnx/model.onnx"], _folder["onnx/model_fp16.onnx"]);
        TextModel.Load(_folder.Path, new TextModelOptions { Variant = "fp16" }).Dispose();
        TextModel.Load(_folder.Path).Dispose();
    }

    [Fact]
    public void Damaged_graphs_are_refused_or_run_and_never_crash()
    {
        var good = File.ReadAllBytes(_folder["onnx/model.onnx"]);
        File.Delete(_folder["onnx/model.onnx"]);
        var random = new Random(1);
        var refused = 0;
        for (var i = 0; i < 15; i++)
        {
            byte[] bad = [.. good];
            // The nodes are in the first part of the file; a changed name of one does no harm.
            for (var j = 0; j < 20; j++) bad[random.Next(100_000)] = (byte)random.Next(256);
            File.WriteAllBytes(_folder["onnx/model.onnx"], i < 3 ? good[..random.Next(good.Length)] : bad);
            if (Record.Exception(() => TextModel.Load(_folder.Path).Dispose()) is not { } error) continue;
            Assert.IsType<ModelLoadException>(error);
            refused++;
        }
        Assert.InRange(refused, 5, 15);
    }
}
