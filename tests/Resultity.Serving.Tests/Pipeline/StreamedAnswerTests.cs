using System.Text.Json;
using Resultity.Contracts.Values;
using Xunit;
using static Resultity.Serving.Tests.Pipeline.PipelineHarness;
using static Resultity.Serving.Tests.Pipeline.ScriptedExchange;

namespace Resultity.Serving.Tests.Pipeline;

public sealed class StreamedAnswerTests
{
    private readonly PipelineHarness _harness = new();

    [Fact]
    public async Task Events_arrive_in_order_and_the_usage_is_asked_for_and_kept_back()
    {
        _harness.Node("a", () => Events(Chunk("a"), Chunk("b", finish: "stop"), Usage(5, 2), "[DONE]").End());

        (await _harness.Pipeline.StartAsync(Chat(stream: true), default)).TryGet(out var stream, out _);
        var events = await ReadAllAsync(stream!);

        Assert.Equal([Chunk("a"), Chunk("b", finish: "stop")], events);
        Assert.Null(stream!.Fault);
        Assert.Contains("\"stream_options\":{\"include_usage\":true}", _harness.Fleet.Sent.Single().Body, StringComparison.Ordinal);
        Assert.Equal(new Usage(5, 2), Assert.Single(_harness.Usage).Usage);
        await stream.DisposeAsync();
        Assert.Equal(0, _harness.Running);
    }

    [Fact]
    public async Task An_event_that_says_nothing_is_passed_over()
    {
        _harness.Node("a", () => Events("null", Chunk("a"), Chunk("b", finish: "stop"), "[DONE]").End());

        (await _harness.Pipeline.StartAsync(Chat(stream: true), default)).TryGet(out var stream, out _);

        Assert.Equal([Chunk("a"), Chunk("b", finish: "stop")], await ReadAllAsync(stream!));
        Assert.Null(stream!.Fault);
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task Any_cutting_of_the_bytes_gives_the_same_events()
    {
        var wire = ": hello\r\n\r\nevent: x\r\ndata: " + Chunk("é") + "\r\n\r\ndata:" + Chunk("b", finish: "stop") + "\n\ndata: [DONE]\n\n";
        var bytes = System.Text.Encoding.UTF8.GetBytes(wire);
        for (var size = 1; size < bytes.Length; size += 7)
        {
            var harness = new PipelineHarness();
            var cut = size;
            harness.Node("a", () => Cut(bytes, cut));

            (await harness.Pipeline.StartAsync(Chat(stream: true), default)).TryGet(out var stream, out _);

            Assert.Equal([Chunk("é"), Chunk("b", finish: "stop")], await ReadAllAsync(stream!));
            Assert.Null(stream!.Fault);
            await stream.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_stream_whose_node_dies_goes_on_from_another_and_is_billed_once()
    {
        _harness.Node("a", () => Events(Chunk("one "), Chunk("two ")).Lose());
        (await _harness.Pipeline.StartAsync(Chat(stream: true, includeUsage: true), default)).TryGet(out var stream, out _);
        _harness.Node("b", () => Events(Chunk("three", id: "c2"), Chunk("", id: "c2", finish: "stop"), Usage(22, 1, id: "c2"), "[DONE]").End());

        var events = await ReadAllAsync(stream!);

        Assert.Null(stream!.Fault);
        Assert.Equal(["one ", "two ", "seam", "three", ""], events.SkipLast(1).Select(e => e == "seam" ? e : Content(e)));
        Assert.All(events.Where(e => e != "seam"), e => Assert.Equal("c1", JsonDocument.Parse(e).RootElement.GetProperty("id").GetString()));
        var asked = JsonDocument.Parse(_harness.Fleet.Sent.Last(sent => sent.Node == "b").Body).RootElement;
        Assert.Equal("one two ", asked.GetProperty("messages")[1].GetProperty("content").GetString());
        Assert.True(asked.GetProperty("continue_final_message").GetBoolean());
        Assert.Equal(new Usage(20, 3), _harness.Usage.Last().Usage);
        Assert.Equal(1, _harness.Usage.Count(entry => entry.Usage != default));
        await stream.DisposeAsync();
        Assert.Equal(0, _harness.Running);
    }

    [Fact]
    public async Task A_truncated_stream_that_cannot_go_on_ends_with_a_fault()
    {
        _harness.Node("a", () => Events(Chunk("one ")).End());

        (await _harness.Pipeline.StartAsync(Chat(stream: true), default)).TryGet(out var stream, out _);
        _harness.Dispatcher.NodeIsGone("a");
        await ReadAllAsync(stream!);

        Assert.NotNull(stream!.Fault);
        await stream.DisposeAsync();
        Assert.Equal(0, _harness.Running);
    }

    [Fact]
    public async Task A_finished_stream_without_the_closing_mark_is_whole()
    {
        _harness.Node("a", () => Events(Chunk("one", finish: "stop")).End());

        (await _harness.Pipeline.StartAsync(Chat(stream: true), default)).TryGet(out var stream, out _);
        await ReadAllAsync(stream!);

        Assert.Null(stream!.Fault);
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task A_node_that_breaks_before_its_first_event_is_invisible()
    {
        var first = true;
        foreach (var id in (string[])["a", "b"])
        {
            _harness.Node(id, () =>
            {
                var broken = first;
                first = false;
                return broken ? Events().Lose() : Events(Chunk("x", finish: "stop"), "[DONE]").End();
            });
        }

        (await _harness.Pipeline.StartAsync(Chat(stream: true), default)).TryGet(out var stream, out _);

        Assert.Equal([Chunk("x", finish: "stop")], await ReadAllAsync(stream!));
        await stream!.DisposeAsync();
        Assert.Equal(0, _harness.Running);
    }

    [Fact]
    public async Task Disposing_in_the_middle_stops_the_node_and_frees_the_slot()
    {
        var exchange = Events(Chunk("one "));
        _harness.Node("a", () => exchange);
        (await _harness.Pipeline.StartAsync(Chat(stream: true), default)).TryGet(out var stream, out _);
        await stream!.WaitAsync(default);

        await stream.DisposeAsync();

        Assert.True(exchange.IsDisposed);
        Assert.Equal(0, _harness.Running);
        Assert.Equal(1, Assert.Single(_harness.Usage).Usage.OutputTokens);
    }

    [Fact]
    public async Task Cancelling_a_reader_ends_the_stream_with_a_cancellation()
    {
        _harness.Node("a", () => Events(Chunk("one ")));
        (await _harness.Pipeline.StartAsync(Chat(stream: true), default)).TryGet(out var stream, out _);
        stream!.TryRead(out _);
        using var reader = new CancellationTokenSource();
        var waiting = stream.WaitAsync(reader.Token);

        await reader.CancelAsync();

        Assert.False(await waiting);
        Assert.Equal(FaultKind.Cancelled, stream.Fault!.Kind);
        Assert.Equal(0, _harness.Running);
        await stream.DisposeAsync();
    }

    private static ScriptedExchange Cut(byte[] bytes, int size)
    {
        var exchange = new ScriptedExchange(200, "text/event-stream");
        foreach (var piece in bytes.Chunk(size))
        {
            exchange.PushBytes(piece);
        }

        return exchange.End();
    }

    private static string? Content(string chunk) =>
        JsonDocument.Parse(chunk).RootElement.GetProperty("choices")[0].GetProperty("delta").GetProperty("content").GetString();
}
