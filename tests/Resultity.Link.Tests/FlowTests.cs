using Resultity.Link.Tests.Support;

namespace Resultity.Link.Tests;

public sealed class FlowTests
{
    [Fact]
    public async Task Slow_reader_stalls_neither_other_streams_nor_grows_memory()
    {
        var written = 0L;
        await using var pair = await LinkPair.StartAsync(new DelegateHandler(async incoming =>
        {
            if (incoming.Path == "/flood")
            {
                await incoming.StartAsync(200, null, default);
                var chunk = new byte[8192];
                for (var i = 0; i < 4096; i++)
                {
                    await incoming.WriteAsync(chunk);
                    Interlocked.Add(ref written, chunk.Length);
                }
                incoming.Complete();
            }
            else
                await incoming.RespondAsync(200, null, default, default);
        }));
        await using var slow = await pair.Gateway.SendAsync(Reading.Post("/flood"));
        await Eventually.Is(() => Volatile.Read(ref written), LinkProtocol.InitialWindow);
        for (var i = 0; i < 100; i++)
        {
            await using var quick = await pair.Gateway.SendAsync(Reading.Post("/quick"));
            Assert.Equal(200, quick.Status);
        }
        Assert.Equal(LinkProtocol.InitialWindow, Volatile.Read(ref written));
        var (body, fault) = await slow.ReadAllAsync();
        Assert.Null(fault);
        Assert.Equal(4096 * 8192, body.Length);
    }

    [Fact]
    public async Task Stalled_connection_holds_writers_instead_of_buffering()
    {
        var options = new LinkOptions { DeadAfter = TimeSpan.FromMinutes(1) };
        var written = 0L;
        await using var pair = await LinkPair.StartAsync(new DelegateHandler(async incoming =>
        {
            await incoming.StartAsync(200, null, default);
            var chunk = new byte[16 * 1024];
            for (var i = 0; i < 64; i++)
            {
                await incoming.WriteAsync(chunk);
                Interlocked.Add(ref written, chunk.Length);
            }
            incoming.Complete();
        }), options: options, proxied: true);
        var starts = Enumerable.Range(0, 100).Select(_ => pair.Gateway.SendAsync(Reading.Post("/flood")).AsTask());
        var exchanges = await Task.WhenAll(starts);
        pair.Proxy.Stall();
        // Readers grant more, but nothing passes: what is written stays within the windows and the link's own buffer.
        var reads = exchanges.Select(exchange => exchange.ReadAllAsync()).ToArray();
        Assert.True(Volatile.Read(ref written) < 100L * 64 * 16 * 1024);
        pair.Proxy.Resume();
        foreach (var (body, fault) in await Task.WhenAll(reads))
        {
            Assert.Null(fault);
            Assert.Equal(64 * 16 * 1024, body.Length);
        }
        foreach (var exchange in exchanges)
            await exchange.DisposeAsync();
    }

    [Fact]
    public async Task Cancelled_wait_for_the_head_tells_the_other_end()
    {
        var began = new TaskCompletionSource();
        var aborted = new TaskCompletionSource();
        await using var pair = await LinkPair.StartAsync(new DelegateHandler(async incoming =>
        {
            using var registration = incoming.Aborted.Register(() => aborted.TrySetResult());
            began.SetResult();
            await aborted.Task;
        }));
        using var cancel = new CancellationTokenSource();
        var sending = pair.Gateway.SendAsync(Reading.Post("/wait"), cancel.Token).AsTask();
        await began.Task.WaitAsync(Reading.Patience);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        await aborted.Task.WaitAsync(Reading.Patience);
        await Eventually.Is(() => (pair.Gateway.Outgoing, pair.Node.Serving), (0, 0));
    }

    [Fact]
    public async Task Disposed_answer_stops_its_writer()
    {
        var stopped = new TaskCompletionSource<Exception>();
        await using var pair = await LinkPair.StartAsync(new DelegateHandler(async incoming =>
        {
            await incoming.StartAsync(200, null, default);
            try
            {
                while (true)
                    await incoming.WriteAsync(new byte[1000], incoming.Aborted);
            }
            catch (Exception e)
            {
                stopped.SetResult(e);
                throw;
            }
        }));
        var exchange = await pair.Gateway.SendAsync(Reading.Post("/endless"));
        await exchange.ReadAsync();
        await exchange.DisposeAsync();
        var reason = await stopped.Task.WaitAsync(Reading.Patience);
        Assert.True(reason is LinkStreamException { Fault.Code: LinkErrorCode.Cancelled } or OperationCanceledException, reason.ToString());
        await Eventually.Is(() => (pair.Gateway.Outgoing, pair.Node.Serving), (0, 0));
    }

    [Fact]
    public async Task Cancelled_read_leaves_the_stream_usable()
    {
        var next = new SemaphoreSlim(0);
        await using var pair = await LinkPair.StartAsync(new DelegateHandler(async incoming =>
        {
            await incoming.StartAsync(200, null, default);
            await next.WaitAsync();
            await incoming.WriteAsync("late"u8.ToArray());
            incoming.Complete();
        }));
        await using var exchange = await pair.Gateway.SendAsync(Reading.Post("/late"));
        using var cancel = new CancellationTokenSource();
        var reading = exchange.ReadAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        next.Release();
        Assert.Equal("late", await exchange.ReadTextAsync());
    }

    [Fact]
    public async Task Streams_over_the_limit_are_refused_as_not_begun()
    {
        var hold = new TaskCompletionSource();
        await using var pair = await LinkPair.StartAsync(new DelegateHandler(async incoming =>
        {
            await hold.Task;
            await incoming.RespondAsync(200, null, default, default);
        }), options: new LinkOptions { MaxIncomingStreams = 2 });
        var held = new[] { pair.Gateway.SendAsync(Reading.Post("/a")).AsTask(), pair.Gateway.SendAsync(Reading.Post("/b")).AsTask() };
        await Eventually.Is(() => pair.Node.Serving, 2);
        await using var third = await pair.Gateway.SendAsync(Reading.Post("/c"));
        Assert.True(third.Fault!.NotBegun);
        Assert.False(third.Fault.LinkEnded);
        hold.SetResult();
        foreach (var exchange in await Task.WhenAll(held))
        {
            Assert.Equal(200, exchange.Status);
            await exchange.DisposeAsync();
        }
    }

    [Fact]
    public async Task Requests_that_wait_for_a_stalled_link_fail_when_it_dies()
    {
        var options = new LinkOptions { SendHighWater = 32 * 1024, DeadAfter = TimeSpan.FromSeconds(3), SilentAfter = TimeSpan.FromSeconds(1) };
        await using var pair = await LinkPair.StartAsync(DelegateHandler.Echo, options: options, proxied: true);
        pair.Proxy.Stall();
        var body = new byte[60_000];
        var waiting = Enumerable.Range(0, 300).Select(async _ =>
        {
            await using var exchange = await pair.Gateway.SendAsync(new LinkRequest { Path = "/echo", Body = body });
            return exchange.Fault;
        }).ToArray();
        Assert.All(await Task.WhenAll(waiting).WaitAsync(Reading.Patience), fault => Assert.True(fault!.LinkEnded));
    }
}
