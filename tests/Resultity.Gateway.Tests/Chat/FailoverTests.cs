using OpenAI.Chat;
using Resultity.Gateway.Tests.Kit;
using Resultity.TestKit.Processes;

namespace Resultity.Gateway.Tests.Chat;

/// <summary>Nodes that fail, as clients see it: not at all, or honestly.</summary>
public sealed class FailoverTests : GatewayTest
{
    private FakeUpstreamProcess _other = null!;

    internal override async Task<TestGateway> StartGatewayAsync()
    {
        _other = await FakeUpstreamProcess.StartAsync("--chunks=20");
        return await TestGateway.StartAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _other.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_node_that_fails_before_the_first_byte_is_invisible()
    {
        await Upstream.SetAsync("fail-status=500");
        Gateway.AddNode("node-b", _other);
        var client = Gateway.OpenAi().GetChatClient(TestGateway.Model);
        for (var i = 0; i < 6; i++)
        {
            var answer = await client.CompleteChatAsync([new UserChatMessage($"Hello {i}")]);
            Assert.True(answer.GetRawResponse().Headers.TryGetValue("x-resultity-node", out var node));
            Assert.Equal("node-b", node);
        }

        Assert.InRange(await Upstream.CountAsync("requests"), 1, 6);
    }

    [Fact]
    public async Task A_stream_whose_node_dies_goes_on_from_another_node()
    {
        await Upstream.SetAsync("chunk-delay=50ms&chunks=20");
        await using var stream = await SseReading.OpenAsync(await SendAsync(HttpMethod.Post, "/v1/chat/completions", Streamed(), HttpCompletionOption.ResponseHeadersRead));
        await stream.ReadEventsAsync(5);
        Gateway.AddNode("node-b", _other);
        Upstream.Process.Kill();
        await stream.ReadToEndAsync();
        Assert.True(stream.IsDone);
        Assert.Contains("continued on another node", stream.Comments);
        var text = string.Concat(stream.Events[..^1].Select(e => SseReading.TextOf(e.Data)));
        Assert.Equal(string.Concat(Enumerable.Range(0, 20).Select(i => $" t{i}")), text);
        Assert.Single(stream.Events, e => e.Data.Contains("\"finish_reason\":\"stop\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_another_node_the_stream_ends_with_an_error_and_the_sdk_throws()
    {
        await Upstream.SetAsync("chunk-delay=20ms&chunks=1000");
        var client = Gateway.OpenAi().GetChatClient(TestGateway.Model);
        var seen = 0;
        await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            await foreach (var update in client.CompleteChatStreamingAsync([new UserChatMessage("Hello")]))
            {
                if (++seen == 3)
                {
                    Upstream.Process.Kill();
                }
            }
        });
        Assert.InRange(seen, 3, 999);
    }
}
