using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Resultity.Contracts.Fleet;
using Resultity.Link;
using Resultity.Node.Runtimes;

namespace Resultity.Node.Agent;

/// <summary>Serves what gateways send: finds the model's runtime, takes a slot, and lets it answer.</summary>
internal sealed partial class WorkHandler(RuntimeSet runtimes, IEnumerable<IFleetRoutes> routes, NodeIdentity identity, IOptions<NodeOptions> options, TimeProvider time, ILogger<WorkHandler> logger) : ILinkHandler
{
    // The gateway keeps to the slots; a request that finds none for this long came from one that does not know them.
    private static readonly TimeSpan SlotPatience = TimeSpan.FromSeconds(2);
    private readonly IFleetRoutes[] _routes = [.. routes];

    public async ValueTask HandleAsync(LinkIncoming incoming)
    {
        if (incoming.Path.StartsWith("/fleet/", StringComparison.Ordinal))
        {
            await ControlAsync(incoming);
            return;
        }
        if (incoming.Header(FleetHeaders.Model) is not { } model || runtimes.Find(model) is not { } entry)
        {
            incoming.Reject(LinkErrorCode.Refused, "this node does not serve that model now");
            return;
        }
        var cancellation = incoming.Aborted;
        var body = await incoming.ReadBodyAsync(options.Value.MaxBody, cancellation);
        if (body.Fault is not null)
        {
            if (body.Fault.Code == LinkErrorCode.TooLarge)
                await incoming.RespondAsync(413, "application/json", default, TooLarge, cancellation);
            return;
        }
        if (!await entry.Slots.EnterAsync(SlotPatience, time, cancellation))
        {
            incoming.Reject(LinkErrorCode.Refused, "no slot of the model is free");
            return;
        }
        try
        {
            await ExecuteAsync(incoming, entry, model, body.Memory, cancellation);
        }
        finally
        {
            entry.Slots.Leave();
        }
    }

    private async ValueTask ControlAsync(LinkIncoming incoming)
    {
        foreach (var route in _routes)
            if (await route.TryHandleAsync(incoming))
                return;
        await incoming.RespondAsync(404, null, default, default);
    }

    private static ReadOnlyMemory<byte> TooLarge { get; } =
        """{"error":{"message":"The request body is larger than this node takes.","type":"invalid_request_error","param":null,"code":"request_too_large"}}"""u8.ToArray();

    private async ValueTask ExecuteAsync(LinkIncoming incoming, RuntimeSet.Entry entry, string model, ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        using var receipt = options.Value.Receipts
            ? new Receipt(identity.Key, incoming.Header(FleetHeaders.RequestId) ?? "", entry.Offer.Digest ?? model, body)
            : null;
        var exchange = new LinkRuntimeExchange(incoming, model, body, receipt);
        var activity = NodeTelemetry.Begin(exchange.Path, model, entry.Runtime.Name, exchange.TraceParent);
        string? error = null;
        try
        {
            await entry.Runtime.ExecuteAsync(exchange, cancellation);
        }
        catch (RuntimeInterruptedException e)
        {
            error = nameof(LinkErrorCode.Interrupted);
            LogInterrupted(entry.Runtime.Name, model, incoming.Header(FleetHeaders.RequestId), e.Message);
            incoming.Reject(LinkErrorCode.Interrupted, "the engine ended and is started again");
        }
        catch (Exception e) when (e is not OperationCanceledException and not LinkStreamException)
        {
            error = e.GetType().Name;
            LogRuntimeFailed(e, entry.Runtime.Name, model, incoming.Header(FleetHeaders.RequestId));
            incoming.Reject(LinkErrorCode.Internal, "the runtime failed");
        }
        finally
        {
            NodeTelemetry.End(activity, error);
        }
    }

    [LoggerMessage(4001, LogLevel.Error, "The runtime {Runtime} failed on a request {RequestId} for {Model}")]
    private partial void LogRuntimeFailed(Exception exception, string runtime, string model, string? requestId);

    [LoggerMessage(4002, LogLevel.Warning, "The engine of {Runtime} ended in the middle of a request {RequestId} for {Model}: {Reason}")]
    private partial void LogInterrupted(string runtime, string model, string? requestId, string reason);
}
