using Resultity.Contracts.Values;
using Resultity.Serving.Scheduling;
using Xunit;
using static Resultity.Serving.Tests.Pipeline.PipelineHarness;

namespace Resultity.Serving.Tests.Pipeline;

public sealed class ReturningNodeTests
{
    private const string Answer = """{"choices":[{"index":0,"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":1,"total_tokens":2}}""";

    [Fact]
    public async Task A_request_that_comes_before_the_nodes_are_back_waits_for_them()
    {
        var harness = new PipelineHarness(new SchedulingOptions { NodeReturnGrace = TimeSpan.FromMinutes(1) });
        harness.Dispatcher.NodesMayReturn(["a"]);

        var pending = harness.Pipeline.StartAsync(Chat(), default);
        Assert.False(pending.IsCompleted);
        harness.Node("a", () => ScriptedExchange.Json(Answer));

        Assert.True((await pending).TryGet(out var stream, out _));
        await stream!.DisposeAsync();
    }

    [Fact]
    public async Task A_model_that_none_of_the_returning_nodes_has_does_not_exist()
    {
        var harness = new PipelineHarness(new SchedulingOptions { NodeReturnGrace = TimeSpan.FromMilliseconds(100) });
        harness.Dispatcher.NodesMayReturn(["a"]);

        (await harness.Pipeline.StartAsync(Chat(), default)).TryGet(out _, out var fault);

        Assert.Equal((FaultKind.NotFound, "model_not_found"), (fault!.Kind, fault.Code));
    }

    [Fact]
    public async Task Once_all_are_back_nothing_is_waited_for()
    {
        var harness = new PipelineHarness(new SchedulingOptions { NodeReturnGrace = TimeSpan.FromMinutes(1) });
        harness.Dispatcher.NodesMayReturn(["a"]);
        harness.Node("a", () => ScriptedExchange.Json(Answer));

        (await harness.Pipeline.StartAsync(Chat(model: "zz"), default)).TryGet(out _, out var fault);

        Assert.Equal("model_not_found", fault!.Code);
    }
}
