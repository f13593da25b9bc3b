using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Resultity.Contracts.Fleet;
using Resultity.Link;
using Resultity.Link.Identity;
using Resultity.Node.Agent;
using Resultity.Node.Runtimes;

namespace Resultity.Node.Tests.Agent;

public sealed class WorkHandlerTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("resultity-node-").FullName;
    private readonly NodeOptions _options = new() { MaxBody = 100_000 };
    private readonly EchoRuntime _runtime = new();
    private NodeIdentity _identity = null!;
    private LinkConnection _gateway = null!;
    private LinkConnection _node = null!;

    public async ValueTask InitializeAsync()
    {
        _options.Folder = _folder;
        var options = Options.Create(_options);
        _identity = new NodeIdentity(options);
        var work = new WorkHandler(new RuntimeSet([_runtime]), [], _identity, options, TimeProvider.System, NullLogger<WorkHandler>.Instance);
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var dialled = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await dialled.ConnectAsync(listener.LocalEndPoint!);
        var accepted = await listener.AcceptAsync();
        _gateway = new LinkConnection(new NetworkStream(accepted, true), LinkSide.Acceptor, new(), null, TimeProvider.System);
        _node = new LinkConnection(new NetworkStream(dialled, true), LinkSide.Dialler, new(), work, TimeProvider.System);
        _ = _gateway.RunAsync();
        _ = _node.RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _node.DisposeAsync();
        _identity.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Receipt_can_be_checked_with_the_public_key_alone()
    {
        _options.Receipts = true;
        await using var exchange = await _gateway.SendAsync(Ask("echo", "the request"));
        var answer = new MemoryStream();
        LinkRead read;
        do
        {
            read = await exchange.ReadAsync();
            answer.Write(read.Memory.Span);
        }
        while (!read.Ended);
        var receipt = LinkHeader.Find(exchange.Trailers.Span, FleetHeaders.Receipt)!;
        var parts = receipt.Split(";sig=");
        Assert.True(PublicNodeKey.Verify(_identity.Key.PublicKey, parts[0], parts[1]));
        Assert.Equal($"v1;request={Hash("the request"u8)};output={Hash(answer.ToArray())};model=sha256:abc;id=req_1", parts[0]);
        Assert.False(PublicNodeKey.Verify(_identity.Key.PublicKey, parts[0] + "x", parts[1]));
    }

    [Fact]
    public async Task Body_over_the_limit_is_answered_with_413()
    {
        await using var exchange = await _gateway.SendAsync(Ask("echo", new string('x', 200_000)));
        Assert.Equal(413, exchange.Status);
        Assert.Contains("request_too_large", Encoding.UTF8.GetString((await exchange.ReadAsync()).Memory.Span));
    }

    [Fact]
    public async Task Unknown_model_is_refused_as_not_begun()
    {
        await using var exchange = await _gateway.SendAsync(Ask("nobody", "x"));
        Assert.True(exchange.Fault!.NotBegun);
    }

    [Fact]
    public async Task No_more_than_the_slots_run_at_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ =>
        {
            await using var exchange = await _gateway.SendAsync(Ask("echo", "slow"));
            Assert.Equal(200, exchange.Status);
        }));
        Assert.Equal(EchoRuntime.Slots, _runtime.MostRunning);
    }

    private static LinkRequest Ask(string model, string body) => new()
    {
        Path = "/v1/chat/completions",
        Headers = new LinkHeader[] { new(FleetHeaders.Model, model), new(FleetHeaders.RequestId, "req_1") },
        Body = Encoding.UTF8.GetBytes(body),
    };

    private static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    private sealed class EchoRuntime : IRuntime
    {
        public const int Slots = 4;
        private int _running;

        public event Action? OffersChanged
        {
            add { }
            remove { }
        }

        public string Name => "echo";

        public int MostRunning { get; private set; }

        public IReadOnlyList<ModelOffer> Offers { get; } = [new() { Model = "echo", Endpoints = ["/v1/chat/completions"], Slots = Slots, Digest = "sha256:abc" }];

        public Task StartAsync(CancellationToken cancellation) => Task.CompletedTask;

        public async ValueTask ExecuteAsync(RuntimeExchange exchange, CancellationToken cancellation)
        {
            var running = Interlocked.Increment(ref _running);
            lock (this)
                MostRunning = Math.Max(MostRunning, running);
            await Task.Delay(5, cancellation);
            Interlocked.Decrement(ref _running);
            await exchange.RespondAsync(200, "application/json", exchange.Body, cancellation);
        }

        public ValueTask DisposeAsync() => default;
    }
}
