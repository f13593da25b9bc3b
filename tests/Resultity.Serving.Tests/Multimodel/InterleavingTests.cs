using System.Text.Json;
using Resultity.Serving.Tests.Pipeline;
using Xunit;
using static Resultity.Serving.Tests.Pipeline.ScriptedExchange;

namespace Resultity.Serving.Tests.Multimodel;

public sealed class InterleavingTests
{
    [Fact]
    public async Task Members_that_have_events_take_turns_and_a_longer_one_gets_no_more_of_them()
    {
        var harness = new PipelineHarness();
        harness.Node("long", () => Events([.. Enumerable.Range(0, 50).Select(static i => Chunk("x" + i)), Chunk("", finish: "stop"), "[DONE]"]));
        harness.Node("short", () => Events([.. Enumerable.Range(0, 10).Select(static i => Chunk("y" + i)), Chunk("", finish: "stop"), "[DONE]"]));

        Assert.True((await harness.Pipeline.StartAsync(PipelineHarness.Chat(stream: true, model: "m+m"), CancellationToken.None)).TryGet(out var answer, out _));
        await using (answer)
        {
            var events = await PipelineHarness.ReadAllAsync(answer);

            var order = events.SkipLast(1).Select(static one => JsonElement.Parse(one).GetProperty("choices")[0].GetProperty("index").GetInt32()).ToList();
            Assert.All(Enumerable.Range(0, 20), i => Assert.NotEqual(order[i], order[i + 1]));
        }

        Assert.Equal(0, harness.Running);
        Assert.Equal(2, harness.Usage.Count);
    }

    [Fact]
    public async Task Members_run_on_different_nodes_where_they_can()
    {
        var harness = new PipelineHarness();
        foreach (var node in (string[])["n1", "n2", "n3"])
        {
            harness.Node(node, () => Json("""{"choices":[{"index":0}],"usage":{"prompt_tokens":1,"completion_tokens":1}}"""), slots: 4);
        }

        Assert.True((await harness.Pipeline.StartAsync(PipelineHarness.Chat(model: "m+m+m"), CancellationToken.None)).TryGet(out var answer, out _));
        await using (answer)
        {
            Assert.Equal(["n1", "n2", "n3"], harness.Fleet.Sent.Select(static sent => sent.Node).Order());
        }
    }
}
