using System.ClientModel;
using OpenAI.Chat;
using Resultity.Gateway.Tests.Kit;
using Resultity.TestKit.Processes;

namespace Resultity.Gateway.Tests.Chat;

/// <summary>Chat completions, driven by the official SDK.</summary>
public sealed class ChatTests : IAsyncLifetime
{
    private FakeUpstreamProcess _upstream = null!;
    private TestGateway _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _upstream = await FakeUpstreamProcess.StartAsync("--chunks=5");
        _gateway = await TestGateway.StartAsync();
        _gateway.AddNode("node-a", _upstream);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _upstream.DisposeAsync();
    }

    [Fact]
    public async Task A_chat_is_answered_with_the_headers_that_say_by_whom()
    {
        var client = _gateway.OpenAi().GetChatClient(TestGateway.Model);
        var answer = await client.CompleteChatAsync([new SystemChatMessage("Be brief."), new UserChatMessage("Hello")]);
        Assert.NotEmpty(answer.Value.Content[0].Text);
        Assert.Equal(ChatFinishReason.Stop, answer.Value.FinishReason);
        var headers = answer.GetRawResponse().Headers;
        Assert.True(headers.TryGetValue("x-request-id", out var id));
        Assert.StartsWith("req_", id, StringComparison.Ordinal);
        Assert.True(headers.TryGetValue("x-resultity-node", out var node));
        Assert.Equal("node-a", node);
        Assert.True(headers.TryGetValue("x-resultity-attempts", out var attempts));
        Assert.Equal("1", attempts);
        Assert.True(headers.TryGetValue("openai-processing-ms", out _));
    }

    [Fact]
    public async Task A_streamed_chat_arrives_event_by_event_and_ends_whole()
    {
        var client = _gateway.OpenAi().GetChatClient(TestGateway.Model);
        var text = "";
        ChatFinishReason? finish = null;
        ChatTokenUsage? usage = null;
        await foreach (var update in client.CompleteChatStreamingAsync([new UserChatMessage("Hello")]))
        {
            text += string.Concat(update.ContentUpdate.Select(part => part.Text));
            finish = update.FinishReason ?? finish;
            usage = update.Usage ?? usage;
        }

        Assert.NotEmpty(text);
        Assert.Equal(ChatFinishReason.Stop, finish);
        Assert.Equal(5, usage?.OutputTokenCount);
    }

    [Fact]
    public async Task An_unknown_model_is_a_404_that_names_it()
    {
        var client = _gateway.OpenAi().GetChatClient("no-such-model");
        var error = await Assert.ThrowsAsync<ClientResultException>(() => client.CompleteChatAsync([new UserChatMessage("Hello")]));
        Assert.Equal(404, error.Status);
        Assert.Contains("no-such-model", error.Message, StringComparison.Ordinal);
    }
}
