using Microsoft.AspNetCore.Http;
using Resultity.Gateway.Hosting;
using Resultity.Serving.Jobs;

namespace Resultity.Gateway.Requests;

/// <summary>Waits for requests on behalf of clients, but not while the gateway stops: the client asks again, and another answers.</summary>
internal sealed class LongPoll(JobQueue jobs, DrainState drain)
{
    /// <summary>Fires when the client goes or the gateway begins to stop.</summary>
    public CancellationTokenSource Patience(HttpContext context) =>
        CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, drain.Begun);

    /// <summary>Waits until a job is finished, but no longer than a time.</summary>
    /// <returns>The job as it is then, or <see langword="null"/> if there is none.</returns>
    public async ValueTask<Job?> WaitAsync(HttpContext context, string @namespace, string id, TimeSpan atMost)
    {
        using var patience = Patience(context);
        try
        {
            return await jobs.WaitAsync(@namespace, id, atMost, patience.Token);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            return await jobs.GetAsync(@namespace, id, context.RequestAborted);
        }
    }
}
