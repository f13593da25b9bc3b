using Resultity.Contracts.Fleet;
using Resultity.Link;
using Resultity.Node.Runtimes;

namespace Resultity.Node.Agent;

/// <summary>A request that came over a link, as runtimes see it.</summary>
internal sealed class LinkRuntimeExchange(LinkIncoming incoming, string model, ReadOnlyMemory<byte> body, Receipt? receipt) : RuntimeExchange
{
    public override string RequestId => incoming.Header(FleetHeaders.RequestId) ?? "";

    public override string Path => incoming.Path;

    public override string Model => model;

    public override string ContentType => incoming.Header("content-type") ?? "application/json";

    public override ReadOnlyMemory<byte> Body => body;

    public override string? TraceParent => incoming.Header(FleetHeaders.TraceParent);

    public override bool Started => incoming.Started;

    public override ValueTask RespondAsync(int status, string contentType, ReadOnlyMemory<byte> answer, CancellationToken cancellation) =>
        receipt is null
            ? incoming.RespondAsync(status, contentType, Notes(), answer, cancellation)
            : RespondWithReceiptAsync(status, contentType, answer, cancellation);

    public override ValueTask StartAsync(int status, string contentType, CancellationToken cancellation) =>
        incoming.StartAsync(status, contentType, default, cancellation);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellation)
    {
        receipt?.Append(piece.Span);
        return incoming.WriteAsync(piece, cancellation);
    }

    public override ValueTask CompleteAsync(CancellationToken cancellation)
    {
        LinkHeader[] notes = receipt is null ? Notes() : [.. Notes(), new LinkHeader(FleetHeaders.Receipt, receipt.Sign())];
        if (notes.Length == 0)
            incoming.Complete();
        else
            incoming.Complete(notes);
        return default;
    }

    private LinkHeader[] Notes() => Usage is { } usage ? [new LinkHeader(FleetHeaders.Usage, UsageNote.Format(usage))] : [];

    private async ValueTask RespondWithReceiptAsync(int status, string contentType, ReadOnlyMemory<byte> answer, CancellationToken cancellation)
    {
        await StartAsync(status, contentType, cancellation);
        await WriteAsync(answer, cancellation);
        await CompleteAsync(cancellation);
    }
}
