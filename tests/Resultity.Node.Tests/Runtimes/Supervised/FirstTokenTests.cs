using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Resultity.Node.Runtimes;
using Resultity.Node.Runtimes.Processes;
using Resultity.Node.Runtimes.Supervised;
using Resultity.Node.Tests.Runtimes.Processes;

namespace Resultity.Node.Tests.Runtimes.Supervised;

/// <summary>Engines that take a stream's request and say nothing.</summary>
public sealed class FirstTokenTests : ChildTest
{
    private const string Chat = "/v1/chat/completions", Model = "stub-model";
    private const string Streamed = """{"model":"stub-model","stream":true,"messages":[{"role":"user","content":"x"}]}""";
    private readonly List<int> _ports = [];

    private SupervisedRuntime Runtime(TimeSpan firstToken, Func<int, string[]> options) => new(
        new SupervisedOptions
        {
            Models =
            [
                new SupervisedModel
                {
                    Name = Model,
                    Program = Upstream,
                    Kind = "command",
                    Arguments = port =>
                    {
                        _ports.Add(port);
                        return ["--port", port.ToString(CultureInfo.InvariantCulture), .. options(_ports.Count)];
                    },
                    Probe = ReadyProbe.Get("health"),
                    Endpoints = [Chat],
                    Slots = 4,
                    FirstTokenTimeout = firstToken,
                },
            ],
            MemoryBytes = 1 << 30,
        },
        Host,
        TimeProvider.System,
        NullLogger<SupervisedRuntime>.Instance);

    [Fact]
    public async Task One_that_hangs_is_killed_and_the_next_request_gets_a_new_one()
    {
        await using var runtime = Runtime(TimeSpan.FromMilliseconds(300), static life => life == 1 ? ["--latency=10m"] : []);
        var lost = new CollectingExchange(Chat, Streamed);
        var error = await Assert.ThrowsAsync<RuntimeInterruptedException>(() => runtime.ExecuteAsync(lost, TestContext.Current.CancellationToken).AsTask());
        Assert.Contains("no token within 0.3 s", error.Message, StringComparison.Ordinal);
        Assert.False(lost.Started, "another node can still serve it");

        var served = new CollectingExchange(Chat, Streamed);
        await runtime.ExecuteAsync(served, TestContext.Current.CancellationToken);
        Assert.True(served.Completed);
        Assert.EndsWith("data: [DONE]\n\n", served.Answer, StringComparison.Ordinal);
        Assert.Equal(2, _ports.Count);
    }

    [Fact]
    public async Task One_that_answers_others_meanwhile_lives_on()
    {
        await using var runtime = Runtime(TimeSpan.FromSeconds(1), static _ => ["--chunks=60", "--chunk-delay=50ms"]);
        var busy = new CollectingExchange(Chat, Streamed);
        var running = runtime.ExecuteAsync(busy, TestContext.Current.CancellationToken).AsTask();
        await busy.FirstPiece.WaitAsync(Patience, TestContext.Current.CancellationToken);
        using var http = new HttpClient();
        await http.PostAsync(new Uri($"http://127.0.0.1:{_ports[0]}/_set?latency=10m"), null, TestContext.Current.CancellationToken);

        await Assert.ThrowsAsync<FirstTokenTimeoutException>(() => runtime.ExecuteAsync(new CollectingExchange(Chat, Streamed), TestContext.Current.CancellationToken).AsTask());
        await running.WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.EndsWith("data: [DONE]\n\n", busy.Answer, StringComparison.Ordinal);
        Assert.Single(_ports);
    }

    [Fact]
    public async Task A_stream_that_is_slow_after_its_first_token_is_none_of_these()
    {
        await using var runtime = Runtime(TimeSpan.FromMilliseconds(500), static _ => ["--chunks=4", "--chunk-delay=400ms"]);
        var exchange = new CollectingExchange(Chat, Streamed);
        await runtime.ExecuteAsync(exchange, TestContext.Current.CancellationToken);
        Assert.True(exchange.Completed);
    }

    [Fact]
    public async Task Keep_alives_of_an_engine_are_no_tokens_and_are_not_passed_on()
    {
        var told = 0;
        var inner = new CollectingExchange(Chat, Streamed);
        var watch = new FirstTokenWatch(inner, () => told++);
        await watch.StartAsync(200, "text/event-stream", default);
        await watch.WriteAsync(": ping\n\n: ping\n\n"u8.ToArray(), default);
        Assert.Equal((0, false), (told, inner.Started));
        await watch.WriteAsync("data: 1\n\n"u8.ToArray(), default);
        await watch.WriteAsync(": ping\n\n"u8.ToArray(), default);
        await watch.CompleteAsync(default);
        Assert.Equal("data: 1\n\n: ping\n\n", inner.Answer);
        Assert.True(inner.Completed);
    }
}
