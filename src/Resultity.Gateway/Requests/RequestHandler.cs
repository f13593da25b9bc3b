using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Resultity.Gateway.Http;
using Resultity.Gateway.Http.Inference;
using Resultity.Serving.Jobs;

namespace Resultity.Gateway.Requests;

/// <summary>Looks at, waits for, lists, cancels and deletes requests.</summary>
internal sealed class RequestHandler(JobQueue jobs, LongPoll poll, LiveRequests live, RequestJson json, RequestAnswer answer)
{
    /// <summary><c>GET /v1/requests/{id}</c>: 202 until it is finished; <c>wait</c> holds the answer back until then.</summary>
    public async Task GetAsync(HttpContext context)
    {
        if (!RequestQuery.Wait(context.Request.Query).TryGet(out var wait, out var fault))
        {
            await FaultWriter.WriteAsync(context, fault);
            return;
        }

        if (live.TryFind(context.Caller.Namespace, IdOf(context), out var running))
        {
            await WriteAsync(context, running);
            return;
        }

        var job = await poll.WaitAsync(context, context.Caller.Namespace, IdOf(context), wait);
        await WriteAsync(context, job);
    }

    /// <summary><c>GET /v1/requests</c>.</summary>
    public async Task ListAsync(HttpContext context)
    {
        if (RequestQuery.Filter(context.Request.Query, context.Caller.Namespace).TryGet(out var filter, out var fault))
        {
            await JsonAnswer.WriteAsync(context, json.List(await jobs.ListAsync(filter, context.RequestAborted), context.Request.PathBase));
        }
        else
        {
            await FaultWriter.WriteAsync(context, fault);
        }
    }

    /// <summary><c>GET /v1/requests/{id}/response</c>.</summary>
    public async Task AnswerAsync(HttpContext context)
    {
        switch (await jobs.GetAsync(context.Caller.Namespace, IdOf(context), context.RequestAborted))
        {
            case null when live.TryFind(context.Caller.Namespace, IdOf(context), out _):
                await FaultWriter.WriteAsync(context, RequestFaults.AnsweredElsewhere);
                break;
            case null:
                await FaultWriter.WriteAsync(context, RequestFaults.NotFound);
                break;
            case { } job when job.Status.IsFinal():
                await answer.WriteAsync(context, job);
                break;
            case { } job:
                await FaultWriter.WriteAsync(context, RequestFaults.NotFinished(job.Status));
                break;
        }
    }

    /// <summary><c>POST /v1/requests/{id}/cancel</c>.</summary>
    public async Task CancelAsync(HttpContext context)
    {
        if (live.TryFind(context.Caller.Namespace, IdOf(context), out var running))
        {
            running.Cancel();
            await WriteAsync(context, running);
            return;
        }

        await WriteAsync(context, await jobs.CancelAsync(context.Caller.Namespace, IdOf(context), context.RequestAborted));
    }

    /// <summary><c>DELETE /v1/requests/{id}</c>.</summary>
    public async Task DeleteAsync(HttpContext context)
    {
        var id = IdOf(context);
        if (live.TryFind(context.Caller.Namespace, id, out var running))
        {
            running.Cancel();
            await JsonAnswer.WriteAsync(context, RequestJson.Deleted(id));
        }
        else if (await jobs.DeleteAsync(context.Caller.Namespace, id, context.RequestAborted))
        {
            await JsonAnswer.WriteAsync(context, RequestJson.Deleted(id));
        }
        else
        {
            await FaultWriter.WriteAsync(context, RequestFaults.NotFound);
        }
    }

    internal static string IdOf(HttpContext context) => (string)context.GetRouteValue("id")!;

    private static Task WriteAsync(HttpContext context, LiveRequest running) =>
        JsonAnswer.WriteAsync(context, RequestJson.Live(running, context.Request.PathBase), StatusCodes.Status202Accepted);

    private Task WriteAsync(HttpContext context, Job? job) => job is null
        ? FaultWriter.WriteAsync(context, RequestFaults.NotFound)
        : JsonAnswer.WriteAsync(
            context, json.One(job, context.Request.PathBase), job.Status.IsFinal() ? StatusCodes.Status200OK : StatusCodes.Status202Accepted);
}
