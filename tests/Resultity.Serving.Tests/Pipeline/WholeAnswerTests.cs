using System.Text;
using Resultity.Contracts.Values;
using Resultity.Serving.Pipeline;
using Xunit;
using static Resultity.Serving.Tests.Pipeline.PipelineHarness;

namespace Resultity.Serving.Tests.Pipeline;

public sealed class WholeAnswerTests
{
    private const string Answer = """{"choices":[{"message":{"content":"x"}}],"usage":{"prompt_tokens":7,"completion_tokens":3,"prompt_tokens_details":{"cached_tokens":2}}}""";
    private readonly PipelineHarness _harness = new();

    [Fact]
    public async Task An_answer_arrives_as_the_node_sent_it_and_is_metered_once()
    {
        _harness.Node("a", () => ScriptedExchange.Json(Answer));

        var started = await _harness.Pipeline.StartAsync(Chat(), default);

        Assert.True(started.TryGet(out var stream, out _));
        Assert.Equal(Answer, Encoding.UTF8.GetString(stream.Body.Span));
        Assert.Equal("a", stream.NodeId);
        await stream.DisposeAsync();
        var entry = Assert.Single(_harness.Usage);
        Assert.Equal((new Usage(7, 3, 2), false), (entry.Usage, entry.Failed));
        Assert.Equal(0, _harness.Running);
    }

    [Fact]
    public async Task The_slot_is_free_as_soon_as_the_answer_is_whole()
    {
        _harness.Node("a", () => ScriptedExchange.Json(Answer));

        (await _harness.Pipeline.StartAsync(Chat(), default)).TryGet(out var stream, out _);

        Assert.Equal(0, _harness.Running);
        await stream!.DisposeAsync();
    }

    [Fact]
    public async Task The_client_never_sees_a_node_that_fails_before_the_first_byte()
    {
        var failures = new Queue<Func<Outcome<NodeExchange>>>([
            () => ScriptedExchange.Lost,
            () => ScriptedExchange.Json("""{"error":{"message":"boom"}}""", 500),
            () => new ScriptedExchange(200, "application/json").Push("{\"choices\":").Lose(),
        ]);
        foreach (var id in (string[])["a", "b", "c", "d"])
        {
            _harness.Node(id, () => failures.TryDequeue(out var fail) ? fail() : ScriptedExchange.Json(Answer));
        }

        var started = await _harness.Pipeline.StartAsync(Chat(), default);

        Assert.True(started.TryGet(out var stream, out _));
        Assert.Equal(Answer, Encoding.UTF8.GetString(stream.Body.Span));
        Assert.Equal(4, _harness.Fleet.Sent.Select(sent => sent.Node).Distinct().Count());
        await stream.DisposeAsync();
        Assert.Equal(3, _harness.Usage.Count(entry => entry.Failed && entry.Usage == default));
        Assert.Equal(0, _harness.Running);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[1,2]")]
    [InlineData("""{"choices":[]} trailing""")]
    [InlineData("""{"hello":1}""")]
    [InlineData("")]
    public async Task Garbage_from_a_node_is_a_502_and_not_an_answer(string garbage)
    {
        _harness.Node("a", () => ScriptedExchange.Json(garbage));

        var started = await _harness.Pipeline.StartAsync(Chat(), default);

        Assert.False(started.TryGet(out _, out var fault));
        Assert.Equal((FaultKind.BadNodeAnswer, "bad_node_answer"), (fault.Kind, fault.Code));
        Assert.Equal(0, _harness.Running);
    }

    [Fact]
    public async Task A_refusal_by_the_runtime_is_the_clients_and_is_not_retried()
    {
        _harness.Node("a", () => ScriptedExchange.Json("""{"error":{"code":400,"message":"too long","type":"x"}}""", 400));
        _harness.Node("b", () => ScriptedExchange.Json("""{"error":{"code":400,"message":"too long","type":"x"}}""", 400));

        var started = await _harness.Pipeline.StartAsync(Chat(), default);

        Assert.False(started.TryGet(out _, out var fault));
        Assert.Equal((FaultKind.InvalidRequest, "too long", "invalid_request"), (fault.Kind, fault.Message, fault.Code));
        Assert.Single(_harness.Fleet.Sent);
    }

    [Fact]
    public async Task A_lost_only_node_is_awaited_and_tried_again_when_it_is_back()
    {
        var lost = 0;
        _harness.Node("a", () =>
        {
            if (lost++ > 0)
            {
                return ScriptedExchange.Json(Answer);
            }

            _harness.Dispatcher.NodeIsGone("a");
            return ScriptedExchange.Lost;
        });
        var waiting = _harness.Pipeline.StartAsync(Chat(), default);
        _harness.Dispatcher.NodeIsUp("a", null, [Scheduling.Fixtures.Offer()]);

        Assert.True((await waiting).TryGet(out var stream, out _));
        await stream.DisposeAsync();
        Assert.Equal(0, _harness.Running);
    }

    [Fact]
    public async Task A_broken_only_node_is_not_asked_twice_and_its_own_fault_is_told()
    {
        _harness.Node("a", () => ScriptedExchange.Json("""{"error":{"message":"boom"}}""", 500));

        (await _harness.Pipeline.StartAsync(Chat(), default)).TryGet(out _, out var fault);

        Assert.Equal((FaultKind.BadNodeAnswer, "node_error"), (fault!.Kind, fault.Code));
        Assert.Single(_harness.Fleet.Sent);
    }

    [Theory]
    [InlineData(400, """{"error":{"code":400,"message":"too long","type":"exceed_context_size_error","n_prompt_tokens":910,"n_ctx":512}}""", "context_length_exceeded", "messages")]
    [InlineData(500, """{"error":{"code":500,"message":"image input is not supported - hint: mmproj","type":"server_error"}}""", "unsupported_content", null)]
    public async Task What_llama_server_refuses_is_told_as_the_clients_mistake(int status, string answer, string code, string? param)
    {
        _harness.Node("a", () => ScriptedExchange.Json(answer, status));

        (await _harness.Pipeline.StartAsync(Chat(), default)).TryGet(out _, out var fault);

        Assert.Equal((FaultKind.InvalidRequest, code, param), (fault!.Kind, fault.Code, fault.Param));
    }

    [Fact]
    public async Task An_alias_reaches_the_node_under_the_models_own_name()
    {
        _harness.Aliases.Aliases["gpt-4o"] = "m";
        _harness.Node("a", () => ScriptedExchange.Json(Answer));

        (await _harness.Pipeline.StartAsync(Chat(model: "gpt-4o"), default)).TryGet(out var stream, out _);

        Assert.Equal("""{"model":"m","messages":[{"role":"user","content":"hi"}]}""", _harness.Fleet.Sent.Single().Body);
        await stream!.DisposeAsync();
    }

    [Fact]
    public async Task An_unknown_model_is_not_found_and_a_known_one_without_nodes_is_unavailable()
    {
        _harness.Node("a", () => ScriptedExchange.Json(Answer));
        _harness.Dispatcher.NodeIsGone("a");

        (await _harness.Pipeline.StartAsync(Chat(model: "zz"), default)).TryGet(out _, out var unknown);
        (await _harness.Pipeline.StartAsync(Chat(), default)).TryGet(out _, out var gone);

        Assert.Equal((FaultKind.NotFound, "model_not_found", "model"), (unknown!.Kind, unknown.Code, unknown.Param));
        Assert.Equal((FaultKind.Unavailable, "no_capable_node"), (gone!.Kind, gone.Code));
    }

    [Fact]
    public async Task Cancelling_a_queued_request_leaves_the_queue()
    {
        _harness.Node("a", (_, _) => new(new ScriptedExchange(200, "application/json")), slots: 1);
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        var running = _harness.Pipeline.StartAsync(Chat(), first.Token);
        var request = Chat();
        var queued = new TaskCompletionSource();
        request.Progress.Queued += queued.SetResult;
        var waiting = _harness.Pipeline.StartAsync(request, second.Token);
        await queued.Task;

        await second.CancelAsync();
        (await waiting).TryGet(out _, out var fault);
        Assert.Equal(FaultKind.Cancelled, fault!.Kind);
        Assert.Equal(0, _harness.Dispatcher.Read(s => s.FindPool("m")!.Waiting));

        await first.CancelAsync();
        (await running).TryGet(out _, out fault);
        Assert.Equal(FaultKind.Cancelled, fault!.Kind);
        Assert.Equal(0, _harness.Running);
    }

    [Fact]
    public async Task A_passed_deadline_is_a_504_and_not_a_cancellation()
    {
        _harness.Node("a", (_, _) => new(new ScriptedExchange(200, "application/json")));
        var request = new InferenceRequest
        {
            Id = "req_1",
            Endpoint = InferenceEndpoint.ChatCompletions,
            Caller = Chat().Caller,
            Model = "m",
            Body = Chat().Body,
            Deadline = TimeProvider.System.GetUtcNow().AddMilliseconds(30),
        };

        (await _harness.Pipeline.StartAsync(request, default)).TryGet(out _, out var fault);

        Assert.Equal((FaultKind.DeadlineExceeded, "deadline_exceeded"), (fault!.Kind, fault.Code));
        Assert.Equal(0, _harness.Running);
    }
}
