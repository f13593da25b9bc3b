using Microsoft.AspNetCore.Http;
using Resultity.Gateway.Hosting;
using Resultity.Gateway.Http;
using Resultity.Serving.Batches;

namespace Resultity.Gateway.Batches;

/// <summary>Waits for batches on behalf of clients, but not while the gateway stops: the client asks again, and another answers.</summary>
internal sealed class BatchPatience(BatchQueue batches, DrainState drain)
{
    /// <summary>Fires when the client goes or the gateway begins to stop.</summary>
    public CancellationTokenSource Begin(HttpContext context) => CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, drain.Begun);

    /// <summary>Waits until a batch is finished, but no longer than some seconds.</summary>
    /// <returns>The batch as it is then, or <see langword="null"/> if there is none.</returns>
    public async ValueTask<Batch?> WaitAsync(HttpContext context, string id, int seconds)
    {
        using var patience = Begin(context);
        try
        {
            return await batches.WaitAsync(context.Caller.Namespace, id, TimeSpan.FromSeconds(seconds), patience.Token);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            return await batches.GetAsync(context.Caller.Namespace, id, context.RequestAborted);
        }
    }
}
