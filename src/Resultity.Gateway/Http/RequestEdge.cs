using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Resultity.Contracts.Values;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Http;

/// <summary>
/// The outermost middleware: gives each request its identifier, and turns whatever ends without a body of its own
/// (unknown routes, wrong methods, refused bodies, exceptions) into an error in OpenAI's shape.
/// </summary>
internal sealed partial class RequestEdge(RequestDelegate next, TimeProvider time, ILogger<RequestEdge> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var request = new GatewayRequest(Contracts.Values.Id.New("req_", time), time.GetTimestamp());
        context.Features.Set(request);
        context.Response.Headers[HeaderNames.RequestId] = request.Id;
        context.Response.OnStarting(StampAsync, (context, time));
        try
        {
            await next(context);
        }
        catch (Exception exception) when (!context.RequestAborted.IsCancellationRequested || exception is BadHttpRequestException)
        {
            await AnswerAsync(context, exception);
            return;
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // The client is gone and nobody reads an answer.
            return;
        }

        if (context.Response is { HasStarted: false, StatusCode: >= 400, ContentLength: null, ContentType: null })
        {
            await FaultWriter.WriteAsync(context, RouteFaults.ForStatus(context));
        }
    }

    private static Task StampAsync(object state)
    {
        var (context, time) = ((HttpContext, TimeProvider))state;
        var elapsed = (int)time.GetElapsedTime(context.GatewayRequest.StartedAt).TotalMilliseconds;
        context.Response.Headers[HeaderNames.ProcessingTime] = elapsed.ToString(CultureInfo.InvariantCulture);
        return Task.CompletedTask;
    }

    private async Task AnswerAsync(HttpContext context, Exception exception)
    {
        Fault fault;
        if (exception is BadHttpRequestException bad)
        {
            fault = RouteFaults.ForBadRequest(bad, context);
        }
        else
        {
            LogUnhandled(context.GatewayRequest.Id, context.Request.Method, context.GetEndpoint()?.DisplayName, exception);
            fault = exception is StorageException broken
                ? broken.Fault
                : new Fault(FaultKind.Internal, "internal_error", $"The gateway failed to handle this request. Its identifier is {context.GatewayRequest.Id}.");
        }

        if (context.Response.HasStarted)
        {
            // The head is out, so the only honest end is a connection that breaks off.
            context.Abort();
            return;
        }

        var id = context.GatewayRequest.Id;
        context.Response.Clear();
        context.Response.Headers[HeaderNames.RequestId] = id;
        await FaultWriter.WriteAsync(context, fault);
    }
}
