using Resultity.Link;
using Resultity.Serving;

namespace Resultity.Gateway.Fleet;

/// <summary>An answer that comes over a link, as the pipeline reads it.</summary>
internal sealed class LinkNodeExchange(LinkExchange exchange) : NodeExchange
{
    public override int Status => exchange.Status;

    public override string? ContentType => exchange.ContentType;

    public override string? Note(string name) => exchange.Header(name) ?? LinkHeader.Find(exchange.Trailers.Span, name);

    public override ValueTask<NodeRead> ReadAsync(CancellationToken cancellation)
    {
        var reading = exchange.ReadAsync(cancellation);
        return reading.IsCompletedSuccessfully ? new ValueTask<NodeRead>(Convert(reading.Result)) : WaitAsync(reading);
    }

    public override ValueTask DisposeAsync() => exchange.DisposeAsync();

    [System.Runtime.CompilerServices.AsyncMethodBuilder(typeof(System.Runtime.CompilerServices.PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<NodeRead> WaitAsync(ValueTask<LinkRead> reading) => Convert(await reading);

    private static NodeRead Convert(LinkRead read) => new(read.Memory, read.Ended, read.Fault is { } fault ? FleetFaults.Of(fault) : null);
}
