using System.Net;
using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using Resultity.Link;

namespace Resultity.Micro;

/// <summary>Exchanges over one link on a loopback socket, both ends in this process.</summary>
[MemoryDiagnoser]
public class LinkBenchmarks
{
    private const int Events = 64;
    private const int Parallel = 64;

    private static readonly LinkHeader[] s_headers = [new("content-type", "application/json"), new("resultity-model", "stub-model")];
    private readonly LinkRequest _json = new() { Path = "/v1/chat/completions", Headers = s_headers, Body = new byte[1024] };
    private readonly LinkRequest _stream = new() { Path = "/stream", Headers = s_headers, Body = new byte[1024] };
    private LinkConnection _gateway = null!, _node = null!;
    private Task _running = null!;

    [GlobalSetup]
    public async Task ConnectAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var dialled = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await dialled.ConnectAsync(listener.LocalEndPoint!);
        var accepted = await listener.AcceptAsync();
        accepted.NoDelay = true;
        _gateway = new LinkConnection(new NetworkStream(accepted, ownsSocket: true), LinkSide.Acceptor, new(), null, TimeProvider.System);
        _node = new LinkConnection(new NetworkStream(dialled, ownsSocket: true), LinkSide.Dialler, new(), new Answering(), TimeProvider.System);
        _running = Task.WhenAll(_gateway.RunAsync(), _node.RunAsync());
    }

    [GlobalCleanup]
    public async Task CloseAsync()
    {
        await _gateway.DisposeAsync();
        await _node.DisposeAsync();
        await _running;
    }

    /// <summary>One request of 1 KB and its answer, nothing else on the link: the latency.</summary>
    [Benchmark]
    public Task<int> Round_trip() => ExchangeAsync(_json);

    /// <summary>64 at a time: the cost of one on a busy link.</summary>
    [Benchmark(OperationsPerInvoke = Parallel)]
    public Task Round_trips_together()
    {
        var all = new Task[Parallel];
        for (var i = 0; i < Parallel; i++) all[i] = ExchangeAsync(_json);
        return Task.WhenAll(all);
    }

    /// <summary>An answer in 64 events, each sent by itself.</summary>
    [Benchmark]
    public Task<int> Stream_of_64_events() => ExchangeAsync(_stream);

    private async Task<int> ExchangeAsync(LinkRequest request)
    {
        await using var exchange = await _gateway.SendAsync(request);
        var length = 0;
        while (true)
        {
            var read = await exchange.ReadAsync();
            if (read.Fault is not null) throw new InvalidOperationException(read.Fault.Message);
            length += read.Memory.Length;
            if (read.Ended) return length;
        }
    }

    private sealed class Answering : ILinkHandler
    {
        private static readonly byte[] s_answer = new byte[512];
        private static readonly byte[] s_event = new byte[180];

        public async ValueTask HandleAsync(LinkIncoming incoming)
        {
            await incoming.ReadBodyAsync(1 << 20);
            if (incoming.Path != "/stream")
            {
                await incoming.RespondAsync(200, "application/json", default, s_answer);
                return;
            }

            await incoming.StartAsync(200, "text/event-stream", default);
            for (var i = 0; i < Events; i++) await incoming.WriteAsync(s_event);
            incoming.Complete();
        }
    }
}
