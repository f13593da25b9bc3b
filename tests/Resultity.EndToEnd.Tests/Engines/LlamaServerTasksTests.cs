using System.Text.Json.Nodes;
using Resultity.EndToEnd.Tests.Processes;
using Resultity.Onnx.Imaging;
using Resultity.TestKit.Processes;
using Resultity.TestKit.Vision;
using Xunit;
using static Resultity.EndToEnd.Tests.Engines.LlamaServerFixture;

namespace Resultity.EndToEnd.Tests.Engines;

/// <summary>What llama-server does beside chat, under a node's supervision: reranking, embeddings, and chat about images.</summary>
public sealed class LlamaServerTasksTests : IClassFixture<LlamaServerTasksTests.Fixture>
{
    /// <summary>One node with three models, for all tests.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        private const int ModelWidth = 192;
        private readonly RandomProjector _projector = new(ModelWidth);

        internal Installation Cloud { get; private set; } = null!;

        /// <inheritdoc/>
        public async ValueTask InitializeAsync()
        {
            if (LlamaServerProcess.Program is not { } program) return;
            const string small = "slots=2,context=512,threads=1";
            Cloud = await Installation.StartAsync(
                "up", "--builtin", "never", "--llama-server", program,
                "--gguf", $"{ModelFile()},name=ranker,rerank=true,{small}",
                "--gguf", $"{ModelFile()},name=embedder,embeddings=true,pooling=mean,{small}",
                "--gguf", $"{ModelFile()},name=seer,mmproj={_projector.Path},{small}");
        }

        /// <inheritdoc/>
        public async ValueTask DisposeAsync()
        {
            if (Cloud is not null) await Cloud.DisposeAsync();
            _projector.Dispose();
        }
    }

    private readonly HttpClient _http;

    public LlamaServerTasksTests(Fixture fixture)
    {
        ArgumentNullException.ThrowIfNull(fixture);
        Need();
        _http = fixture.Cloud.Http;
    }

    [Fact]
    public async Task Documents_are_ordered_by_their_scores_with_usage()
    {
        const string ask = """{"model":"ranker","query":"What is the capital of England?","documents":["London","a red circle","What is the capital of England?"]}""";
        var (status, answer) = await PostAsync(_http, "rerank", ask);
        Assert.True(status == 200, answer.ToJsonString());
        Assert.Equal(("list", "ranker"), ((string?)answer["object"], (string?)answer["model"]));
        var results = answer["results"]!.AsArray();
        Assert.Equal([0, 1, 2], results.Select(static result => (int)result!["index"]!).Order());
        var scores = results.Select(static result => (double)result!["relevance_score"]!).ToList();
        Assert.Equal(scores.OrderDescending(), scores);
        Assert.True((int)answer["usage"]!["prompt_tokens"]! > 10);

        var (_, best) = await PostAsync(_http, "rerank", ask.Replace("\"query\"", "\"top_n\":1,\"query\"", StringComparison.Ordinal));
        Assert.Equal((int)results[0]!["index"]!, (int)Assert.Single(best["results"]!.AsArray())!["index"]!);
    }

    [Theory]
    [InlineData("""{"model":"ranker","documents":["x"]}""", "query")]
    [InlineData("""{"model":"ranker","query":"x"}""", "documents")]
    [InlineData("""{"model":"ranker","query":"x","documents":[]}""", "documents")]
    [InlineData("""{"model":"ranker","query":"x","documents":[{"text":"x"}]}""", "documents[0]")]
    [InlineData("""{"model":"ranker","query":"x","documents":["x"],"top_n":0}""", "top_n")]
    [InlineData("""{"query":"x","documents":["x"]}""", "model")]
    public async Task What_is_wrong_with_a_rerank_request_is_named(string body, string param)
    {
        var (status, answer) = await PostAsync(_http, "rerank", body);
        Assert.Equal((400, param), (status, (string?)answer["error"]!["param"]));
    }

    [Fact]
    public async Task A_model_that_only_reranks_does_not_chat_and_one_that_chats_does_not_rerank()
    {
        var (chat, refused) = await PostAsync(_http, "chat/completions", """{"model":"ranker","messages":[{"role":"user","content":"x"}]}""");
        Assert.True(chat is 400 or 404, refused.ToJsonString());
        var (rerank, _) = await PostAsync(_http, "rerank", """{"model":"seer","query":"x","documents":["x"]}""");
        Assert.True(rerank is 400 or 404);
    }

    [Fact]
    public async Task Long_texts_are_embedded_in_one_step()
    {
        var words = string.Concat(Enumerable.Repeat("red circle ", 100));
        var (status, answer) = await PostAsync(_http, "embeddings", $$"""{"model":"embedder","input":["{{words}}","blue"]}""");
        Assert.True(status == 200, answer.ToJsonString());
        Assert.Equal(2, answer["data"]!.AsArray().Count);
    }

    [Fact]
    public async Task An_image_in_a_chat_reaches_the_model()
    {
        var plain = await ChatAsync("""{"type":"text","text":"Hello"}""");
        var red = await ChatAsync("""{"type":"text","text":"Hello"},""" + Image(255, 0, 0));
        var sixteen = (int)red["usage"]!["prompt_tokens"]! - (int)plain["usage"]!["prompt_tokens"]!;
        Assert.InRange(sixteen, 16, 24);
        Assert.NotEmpty((string)red["choices"]![0]!["message"]!["content"]!);
    }

    [Fact]
    public async Task An_image_is_described_over_the_chat_that_the_model_serves()
    {
        var (status, answer) = await PostAsync(_http, "images/description", $$"""{"model":"seer","image":"{{Url(0, 0, 255)}}","max_tokens":8,"temperature":0}""");
        Assert.True(status == 200, answer.ToJsonString());
        Assert.NotNull((string?)answer["data"]![0]!["text"]);
        Assert.Equal("seer", (string?)answer["model"]);
    }

    private async Task<JsonNode> ChatAsync(string content)
    {
        var (status, answer) = await PostAsync(_http, "chat/completions", $$"""{"model":"seer","temperature":0,"max_tokens":8,"messages":[{"role":"user","content":[{{content}}]}]}""");
        Assert.True(status == 200, answer.ToJsonString());
        return answer;
    }

    private static string Image(byte red, byte green, byte blue) => $$$"""{"type":"image_url","image_url":{"url":"{{{Url(red, green, blue)}}}"}}""";

    private static string Url(byte red, byte green, byte blue)
    {
        byte[] pixels = [.. Enumerable.Range(0, 32 * 32).SelectMany(_ => (byte[])[red, green, blue, 255])];
        return "data:image/png;base64," + Convert.ToBase64String(PictureWriter.Write(new Picture(32, 32, pixels), PictureFormat.Png));
    }
}
