using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Json;
using OpenAI.Chat;

namespace Resultity.Gateway.Tests.Multimodel;

/// <summary>The official SDK, unmodified, and requests that are fetched later: neither knows of several models.</summary>
public sealed class SdkTests : MultimodelTest
{
    [Fact]
    public async Task The_official_sdk_asks_several_models_by_their_names()
    {
        var answer = await Gateway.OpenAi().GetChatClient("a+b").CompleteChatAsync([new UserChatMessage("hi")]);

        Assert.Equal(" t0 t1 t2 t3 t4", answer.Value.Content[0].Text);
        Assert.Equal("a+b", answer.Value.Model);
        Assert.Equal(10, answer.Value.Usage.OutputTokenCount);
    }

    [Theory]
    [InlineData("a+b")]
    [InlineData("a|b")]
    public async Task The_official_sdk_streams_several_models(string models)
    {
        var text = "";
        await foreach (var update in Gateway.OpenAi().GetChatClient(models).CompleteChatStreamingAsync([new UserChatMessage("hi")], null, Stop))
        {
            text += string.Concat(update.ContentUpdate.Select(static part => part.Text));
        }

        Assert.Equal(models == "a+b" ? 10 : 5, text.Split(" t").Length - 1);
    }

    [Fact]
    public async Task The_official_sdk_reads_a_stream_in_which_a_model_breaks_off_to_its_end()
    {
        await B.SetAsync("error-after=2");

        List<ChatFinishReason?> reasons = [];
        using var response = await PostAsync(""" {"model":"a+b","messages":[{"role":"user","content":"hi"}],"tools":[],"stream":true} """, stream: true);
        var text = await response.Content.ReadAsStringAsync(Stop);
        foreach (var data in text.Split('\n').Where(static line => line.StartsWith("data: {", StringComparison.Ordinal)))
        {
            reasons.Add(ModelReaderWriter.Read<StreamingChatCompletionUpdate>(BinaryData.FromString(data["data: ".Length..]))!.FinishReason);
        }

        Assert.Contains(ChatFinishReason.Length, reasons);
    }

    [Fact]
    public async Task The_official_sdk_does_not_take_a_stream_that_breaks_off_for_whole()
    {
        await B.SetAsync("error-after=2");
        List<ChatFinishReason> reasons = [];

        // Tools that the model may choose keep the stream from being gone on with elsewhere.
        var options = new ChatCompletionOptions { Tools = { ChatTool.CreateFunctionTool("f") } };
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await foreach (var update in Gateway.OpenAi().GetChatClient("b").CompleteChatStreamingAsync([new UserChatMessage("hi")], options, Stop))
            {
                if (update.FinishReason is { } reason)
                {
                    reasons.Add(reason);
                }
            }
        });

        Assert.Empty(reasons);
    }

    [Fact]
    public async Task The_official_sdk_gets_the_embeddings_of_several_models()
    {
        var answer = await Gateway.OpenAi().GetEmbeddingClient("a+b").GenerateEmbeddingsAsync(["x", "y"], null, Stop);

        Assert.Equal(4, answer.Value.Count);
    }

    [Fact]
    public async Task The_official_sdk_raises_its_own_exception_when_no_model_answers()
    {
        var failure = await Assert.ThrowsAsync<ClientResultException>(() => Gateway.OpenAi().GetChatClient("x|y").CompleteChatAsync([new UserChatMessage("hi")]));

        Assert.Equal(404, failure.Status);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_of_several_models_can_be_fetched_later(bool stream)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/chat/completions")
        {
            Content = Kit.GatewayTest.Json($$"""{"multimodel":{"mode":"vote","models":["a","b"]},"stream":{{(stream ? "true" : "false")}},{{Messages}}}"""),
        };
        request.Headers.Add("Prefer", "respond-async, wait=30");
        using var response = await Gateway.Http.SendAsync(request, Stop);
        var text = await response.Content.ReadAsStringAsync(Stop);

        Assert.True(response.IsSuccessStatusCode, text);
        var answer = JsonElement.Parse(stream ? text.Split("data: ").First(static part => part.Contains("\"multimodel\"", StringComparison.Ordinal)) : text);
        Assert.Equal(["a completed", "b completed"], Statuses(answer));
    }
}
