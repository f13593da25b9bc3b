using Microsoft.Extensions.Logging.Abstractions;
using Resultity.Node.Runtimes;
using Resultity.Node.Runtimes.OpenAi;
using Resultity.TestKit.Processes;

namespace Resultity.Node.Tests.Runtimes;

public sealed class OpenAiRuntimeTests
{
    private const string Chat = "/v1/chat/completions";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Json_answer_comes_whole()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync();
        await using var runtime = await StartAsync(upstream.Address);
        var exchange = new CollectingExchange(Chat, Ask(runtime));
        await runtime.ExecuteAsync(exchange, default);
        Assert.Equal((200, true), (exchange.Status, exchange.Whole));
        Assert.StartsWith("application/json", exchange.AnswerType);
        Assert.Contains("\"chat.completion\"", exchange.Answer);
    }

    [Fact]
    public async Task Stream_passes_byte_for_byte()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync("--chunks=200");
        await using var runtime = await StartAsync(upstream.Address);
        var exchange = new CollectingExchange(Chat, Ask(runtime, stream: true));
        await runtime.ExecuteAsync(exchange, default);
        Assert.Equal((200, false, true), (exchange.Status, exchange.Whole, exchange.Completed));
        using var http = new HttpClient();
        using var direct = await http.PostAsync(new Uri(upstream.Address, "v1/chat/completions"), new StringContent(Ask(runtime, stream: true), null, "application/json"));
        Assert.Equal(await direct.Content.ReadAsStringAsync(), exchange.Answer);
    }

    [Fact]
    public async Task Event_passes_while_the_upstream_holds_the_next()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync("--chunks=5", "--stall-after=2");
        await using var runtime = await StartAsync(upstream.Address);
        using var cancel = new CancellationTokenSource();
        var exchange = new CollectingExchange(Chat, Ask(runtime, stream: true));
        var executing = runtime.ExecuteAsync(exchange, cancel.Token).AsTask();
        await exchange.FirstPiece.WaitAsync(Patience);
        Assert.False(executing.IsCompleted);
        Assert.StartsWith("data: ", exchange.Answer);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => executing);
    }

    [Fact]
    public async Task Upstream_error_passes_with_its_status()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync();
        await using var runtime = await StartAsync(upstream.Address);
        var exchange = new CollectingExchange(Chat, """{"model":"nobody-has-this","messages":[]}""");
        await runtime.ExecuteAsync(exchange, default);
        Assert.Equal(404, exchange.Status);
        Assert.Contains("model_not_found", exchange.Answer);
    }

    [Fact]
    public async Task Cancellation_reaches_the_upstream()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync("--chunks=1000", "--chunk-delay=20ms");
        await using var runtime = await StartAsync(upstream.Address);
        using var cancel = new CancellationTokenSource();
        var exchange = new CollectingExchange(Chat, Ask(runtime, stream: true));
        var executing = runtime.ExecuteAsync(exchange, cancel.Token).AsTask();
        await exchange.FirstPiece.WaitAsync(Patience);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => executing);
        await upstream.WaitForAsync("aborted", 1);
        Assert.False(exchange.Completed);
    }

    [Fact]
    public async Task Dead_upstream_loses_its_offers_and_a_new_one_brings_them_back()
    {
        var upstream = await FakeUpstreamProcess.StartAsync();
        var port = upstream.Address.Port;
        await using var runtime = await StartAsync(upstream.Address);
        Assert.NotEmpty(runtime.Offers);
        await upstream.DisposeAsync();
        await Becomes(runtime, offers => offers.Count == 0);
        await using var again = await FakeUpstreamProcess.StartAsync($"--port={port}");
        await Becomes(runtime, offers => offers.Count > 0);
    }

    [Fact]
    public async Task Killed_upstream_in_the_middle_of_a_stream_is_a_failure_not_an_end()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync("--chunks=1000", "--chunk-delay=20ms");
        await using var runtime = await StartAsync(upstream.Address);
        var exchange = new CollectingExchange(Chat, Ask(runtime, stream: true));
        var executing = runtime.ExecuteAsync(exchange, default).AsTask();
        await exchange.FirstPiece.WaitAsync(Patience);
        upstream.Process.Kill();
        await Assert.ThrowsAnyAsync<IOException>(() => executing);
        Assert.False(exchange.Completed);
    }

    [Fact]
    public async Task Only_allowed_models_are_offered()
    {
        await using var upstream = await FakeUpstreamProcess.StartAsync();
        await using var runtime = await StartAsync(upstream.Address, options => options with { Models = ["something-else"] });
        Assert.Empty(runtime.Offers);
    }

    [Fact]
    public async Task Missing_key_is_told_at_start()
    {
        var refusal = await Assert.ThrowsAsync<RuntimeStartException>(() =>
            StartAsync(new Uri("http://127.0.0.1:9/"), options => options with { KeyVariable = "RESULTITY_NO_SUCH_VARIABLE" }));
        Assert.Contains("RESULTITY_NO_SUCH_VARIABLE", refusal.Message);
    }

    private static string Ask(OpenAiRuntime runtime, bool stream = false) =>
        $$"""{"model":"{{runtime.Offers[0].Model}}","messages":[{"role":"user","content":"hi"}]{{(stream ? ",\"stream\":true" : "")}}}""";

    private static async Task<OpenAiRuntime> StartAsync(Uri url, Func<OpenAiRuntimeOptions, OpenAiRuntimeOptions>? change = null)
    {
        var options = new OpenAiRuntimeOptions { Url = url, ProbeInterval = TimeSpan.FromMilliseconds(100) };
        var runtime = new OpenAiRuntime(change?.Invoke(options) ?? options, TimeProvider.System, NullLogger<OpenAiRuntime>.Instance);
        await runtime.StartAsync(default);
        return runtime;
    }

    private static async Task Becomes(OpenAiRuntime runtime, Func<IReadOnlyList<Contracts.Fleet.ModelOffer>, bool> condition)
    {
        var met = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        runtime.OffersChanged += Look;
        Look();
        await met.Task.WaitAsync(Patience);

        void Look()
        {
            if (condition(runtime.Offers))
                met.TrySetResult();
        }
    }
}
