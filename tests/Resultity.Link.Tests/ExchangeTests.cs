using System.Text;
using Resultity.Link.Tests.Support;

namespace Resultity.Link.Tests;

public sealed class ExchangeTests
{
    [Fact]
    public async Task Small_request_and_answer_keep_everything()
    {
        LinkIncoming? seen = null;
        await using var pair = await LinkPair.StartAsync(new DelegateHandler(async incoming =>
        {
            seen = incoming;
            var body = await incoming.ReadBodyAsync(1000);
            await incoming.RespondAsync(201, "application/json", new LinkHeader[] { new("x-kind", "grüße") }, body.Memory);
        }));
        await using var exchange = await pair.Gateway.SendAsync(Reading.Post("/v1/things?x=1", "{\"a\":1}", new LinkHeader("content-type", "application/json"), new("x-model", "mini")));
        Assert.Null(exchange.Fault);
        Assert.Equal(201, exchange.Status);
        Assert.Equal("application/json", exchange.ContentType);
        Assert.Equal("grüße", exchange.Header("x-kind"));
        Assert.Equal("{\"a\":1}", await exchange.ReadTextAsync());
        Assert.Equal(("POST", "/v1/things?x=1", "mini"), (seen!.Method, seen.Path, seen.Header("x-model")));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(32 * 1024)]
    [InlineData(200_000)]
    [InlineData(5_000_000)]
    public async Task Bodies_of_any_size_come_back_whole(int size)
    {
        var body = new byte[size];
        new Random(size).NextBytes(body);
        await using var pair = await LinkPair.StartAsync(DelegateHandler.Echo);
        await using var exchange = await pair.Gateway.SendAsync(new LinkRequest { Path = "/echo", Body = body });
        var (answer, fault) = await exchange.ReadAllAsync();
        Assert.Null(fault);
        Assert.Equal(body, answer);
    }

    [Fact]
    public async Task Either_end_opens_streams_at_the_same_time()
    {
        await using var pair = await LinkPair.StartAsync(DelegateHandler.Echo, DelegateHandler.Echo);
        var all = Enumerable.Range(0, 200).Select(async i =>
        {
            await using var exchange = await (i % 2 == 0 ? pair.Gateway : pair.Node).SendAsync(Reading.Post("/echo", $"number {i}"));
            Assert.Equal($"number {i}", await exchange.ReadTextAsync());
        });
        await Task.WhenAll(all).WaitAsync(Reading.Patience);
        await Eventually.Is(() => (pair.Gateway.Outgoing, pair.Node.Outgoing, pair.Gateway.Serving, pair.Node.Serving), (0, 0, 0, 0));
    }

    [Fact]
    public async Task Stream_comes_as_it_is_written_and_ends_with_trailers()
    {
        var next = new SemaphoreSlim(0);
        await using var pair = await LinkPair.StartAsync(new DelegateHandler(async incoming =>
        {
            await incoming.StartAsync(200, "text/event-stream", default);
            for (var i = 0; i < 3; i++)
            {
                await next.WaitAsync();
                await incoming.WriteAsync(Encoding.UTF8.GetBytes($"data: {i}\n\n"));
            }
            incoming.Complete([new("x-receipt", "abc")]);
        }));
        await using var exchange = await pair.Gateway.SendAsync(Reading.Post("/stream"));
        Assert.Equal("text/event-stream", exchange.ContentType);
        for (var i = 0; i < 3; i++)
        {
            next.Release();
            var read = await exchange.ReadAsync().AsTask().WaitAsync(Reading.Patience);
            Assert.Equal($"data: {i}\n\n", Encoding.UTF8.GetString(read.Memory.Span));
        }
        var last = await exchange.ReadAsync();
        Assert.True(last.Ended);
        Assert.Equal("abc", LinkHeader.Find(exchange.Trailers.Span, "x-receipt"));
    }

    [Fact]
    public async Task Duplex_stream_carries_bytes_both_ways_until_each_side_ends()
    {
        await using var pair = await LinkPair.StartAsync(new DelegateHandler(async incoming =>
        {
            await incoming.StartAsync(200, null, default);
            LinkRead read;
            do
            {
                read = await incoming.ReadAsync();
                await incoming.WriteAsync(read.Memory);
            }
            while (!read.Ended && read.Fault is null);
            incoming.Complete();
        }));
        await using var exchange = await pair.Gateway.SendAsync(new LinkRequest { Path = "/raw", Duplex = true });
        for (var i = 0; i < 100; i++)
        {
            await exchange.WriteAsync(Encoding.UTF8.GetBytes($"ping {i}"));
            Assert.Equal($"ping {i}", Encoding.UTF8.GetString((await exchange.ReadAsync()).Memory.Span));
        }
        exchange.Complete();
        Assert.True((await exchange.ReadAsync()).Ended);
    }

    [Fact]
    public async Task Answer_before_the_whole_request_stops_the_upload()
    {
        await using var pair = await LinkPair.StartAsync(new DelegateHandler(async incoming =>
            await incoming.RespondAsync(413, "text/plain", default, "too large"u8.ToArray())));
        await using var exchange = await pair.Gateway.SendAsync(new LinkRequest { Path = "/upload", Body = new byte[10_000_000] });
        Assert.Equal(413, exchange.Status);
        Assert.Equal("too large", await exchange.ReadTextAsync());
    }

    [Fact]
    public async Task End_that_serves_nothing_refuses_streams()
    {
        await using var pair = await LinkPair.StartAsync(DelegateHandler.Echo, gateway: null);
        await using var exchange = await pair.Node.SendAsync(Reading.Post("/anything"));
        Assert.Equal(LinkErrorCode.Refused, exchange.Fault!.Code);
    }

    [Fact]
    public async Task Header_that_could_break_a_line_is_refused_before_it_is_sent()
    {
        await using var pair = await LinkPair.StartAsync(DelegateHandler.Echo);
        await Assert.ThrowsAsync<ArgumentException>(async () => await pair.Gateway.SendAsync(Reading.Post("/echo", "", new LinkHeader("x-a", "b\r\nc: d"))));
        Assert.Equal(0, pair.Gateway.Outgoing);
        await using var after = await pair.Gateway.SendAsync(Reading.Post("/echo", "still works"));
        Assert.Equal("still works", await after.ReadTextAsync());
    }

    [Fact]
    public async Task Failing_handler_resets_its_stream_only()
    {
        await using var pair = await LinkPair.StartAsync(new DelegateHandler(async incoming =>
        {
            if (incoming.Path == "/fail")
                throw new InvalidOperationException("a defect");
            await incoming.RespondAsync(200, null, default, default);
        }));
        await using var failed = await pair.Gateway.SendAsync(Reading.Post("/fail"));
        Assert.Equal(LinkErrorCode.Internal, failed.Fault!.Code);
        Assert.Equal(0, failed.Status);
        await using var fine = await pair.Gateway.SendAsync(Reading.Post("/fine"));
        Assert.Equal(200, fine.Status);
    }
}
