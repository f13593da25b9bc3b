using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Resultity.Contracts.Fleet;
using Resultity.Gateway.Tests.Kit;
using Resultity.Node.Runtimes;
using Resultity.Node.Runtimes.Processes;

namespace Resultity.Gateway.Tests.Audio;

/// <summary>A node's real runtime behind plain HTTP, for tests of everything between a client and a runtime except the link.</summary>
internal sealed class RuntimeNode : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("resultity-children-").FullName;
    private readonly ChildHost _children;
    private MediaNode _server = null!;
    private IRuntime _runtime = null!;

    private RuntimeNode() => _children = new ChildHost(_folder, TimeProvider.System, Random.Shared, NullLogger<ChildHost>.Instance);

    public Uri Address => _server.Address;

    public IReadOnlyList<ModelOffer> Offers => _runtime.Offers;

    public static async Task<RuntimeNode> StartAsync(Func<ChildHost, IRuntime> make)
    {
        var node = new RuntimeNode { _server = await MediaNode.StartAsync() };
        node._runtime = make(node._children);
        await node._runtime.StartAsync(CancellationToken.None);
        node._server.Answer = node.ServeAsync;
        return node;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _runtime.DisposeAsync();
        await _children.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task ServeAsync(HttpContext context)
    {
        var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        await _runtime.ExecuteAsync(new Exchange(context, _runtime.Offers[0].Model, body.ToArray()), context.RequestAborted);
    }

    private sealed class Exchange(HttpContext context, string model, byte[] body) : RuntimeExchange
    {
        public override string RequestId => "req_test";
        public override string Path => context.Request.Path;
        public override string Model => model;
        public override string ContentType => context.Request.ContentType!;
        public override ReadOnlyMemory<byte> Body => body;
        public override string? TraceParent => null;
        public override bool Started => context.Response.HasStarted;

        public override async ValueTask RespondAsync(int status, string contentType, ReadOnlyMemory<byte> answer, CancellationToken cancellation)
        {
            if (Usage is { } usage) context.Response.Headers[FleetHeaders.Usage] = UsageNote.Format(usage);
            await StartAsync(status, contentType, cancellation);
            await WriteAsync(answer, cancellation);
        }

        public override async ValueTask StartAsync(int status, string contentType, CancellationToken cancellation)
        {
            (context.Response.StatusCode, context.Response.ContentType) = (status, contentType);
            await context.Response.StartAsync(cancellation);
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellation)
        {
            await context.Response.BodyWriter.WriteAsync(piece, cancellation);
        }

        public override ValueTask CompleteAsync(CancellationToken cancellation) => default;
    }
}
