using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http;
using Resultity.Gateway.Http.Bodies;
using Resultity.Serving.Batches;

namespace Resultity.Gateway.Batches;

/// <summary>Submits, looks at, lists, cancels and retries batches.</summary>
internal sealed class BatchHandler(
    BatchQueue batches, BatchResults results, BatchPatience patience, BatchJson json, BatchOptions options, IOptions<GatewayHttpOptions> http)
{
    internal const int RetryBodyLimit = 64 * 1024;

    /// <summary>The most bytes of results that an answer carries; larger ones are fetched as files.</summary>
    private const int MostInlineBytes = 32 << 20;

    /// <summary><c>POST /v1/batches</c>.</summary>
    public async Task CreateAsync(HttpContext context)
    {
        if (!(await JsonObjectBody.ReadAsync(context, BatchBodies.Create, http.Value.JsonBodyLimit)).TryGet(out var body, out var fault)
            || !BatchBodies.Read(body, BatchBodies.Begin(context.Caller, context.GatewayRequest.WantedId(Batch.IdPrefix)), options.LongestWindow).TryGet(out var draft, out fault)
            || (fault = Check(draft, BatchBodies.Member(body, "requests") is not null)) is not null)
        {
            await FaultWriter.WriteAsync(context, fault);
            return;
        }

        if (await FindMadeAsync(context) is { } made)
        {
            await AnswerAsync(context, made);
            return;
        }

        if (BatchBodies.Member(body, "requests") is { } requests)
        {
            if (!(await batches.AddInputAsync(context.Caller.Namespace, "requests.jsonl", InlineRequests.Lines(requests), context.RequestAborted)).TryGet(out var file, out fault))
            {
                await FaultWriter.WriteAsync(context, fault);
                return;
            }

            draft = draft with { InputFileId = file.Id };
        }

        await AnswerAsync(context, await batches.SubmitAsync(draft, context.RequestAborted));
    }

    /// <summary><c>GET /v1/batches/{id}</c>; <c>wait</c> holds the answer back until the batch is finished.</summary>
    public async Task GetAsync(HttpContext context)
    {
        var seconds = 0;
        if (context.Request.Query.TryGetValue("wait", out var given) && !int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out seconds))
        {
            await FaultWriter.WriteAsync(context, Fault.Invalid("Invalid 'wait': expected whole seconds from 0 to 60.", "wait"));
            return;
        }

        await WriteAsync(context, await patience.WaitAsync(context, IdOf(context), Math.Min(seconds, PreferWait.Longest)));
    }

    /// <summary><c>GET /v1/batches</c>.</summary>
    public async Task ListAsync(HttpContext context)
    {
        const int usual = 20;
        const int most = 100;
        await (PageParameters.Read(context.Request.Query, Batch.IdPrefix, usual, most).TryGet(out var page, out var fault)
            ? JsonAnswer.WriteAsync(context, ListJson.Write(
                await batches.ListAsync(context.Caller.Namespace, page, context.RequestAborted), static batch => batch.Id, json.Write))
            : FaultWriter.WriteAsync(context, fault));
    }

    /// <summary><c>POST /v1/batches/{id}/cancel</c>.</summary>
    public async Task CancelAsync(HttpContext context)
    {
        var batch = await batches.CancelAsync(context.Caller.Namespace, IdOf(context), context.RequestAborted);
        await (batch is null or { Status: BatchStatus.Cancelling or BatchStatus.Cancelled }
            ? WriteAsync(context, batch)
            : FaultWriter.WriteAsync(context, BatchFaults.NotCancellable(batch.Status)));
    }

    /// <summary><c>POST /v1/batches/{id}/retry</c>. The body may be empty.</summary>
    public async Task RetryAsync(HttpContext context)
    {
        var batch = await batches.GetAsync(context.Caller.Namespace, IdOf(context), context.RequestAborted);
        Fault? fault = batch is null ? BatchFaults.NotFound : batch.Status.IsFinal() ? null : BatchFaults.NotFinished(batch.Status);
        JsonElement body = default;
        if (fault is not null
            || (context.Request.ContentLength is not (null or 0) && !(await JsonObjectBody.ReadAsync(context, BatchBodies.Retry, RetryBodyLimit)).TryGet(out body, out fault))
            || !BatchBodies.Read(body, Again(context, batch!), options.LongestWindow).TryGet(out var draft, out fault))
        {
            await FaultWriter.WriteAsync(context, fault);
            return;
        }

        await AnswerAsync(context, await FindMadeAsync(context) is { } made ? made : await batches.RetryAsync(batch!, draft, context.RequestAborted));
    }

    /// <summary>The batch that an earlier run of this request made before a crash ended it.</summary>
    private async ValueTask<Batch?> FindMadeAsync(HttpContext context) =>
        context.GatewayRequest is { Keyed.IsTakeover: true } request ? await batches.GetAsync(context.Caller.Namespace, request.WantedId(Batch.IdPrefix)!, context.RequestAborted) : null;

    internal static string IdOf(HttpContext context) => (string)context.GetRouteValue("id")!;

    private static BatchDraft Again(HttpContext context, Batch batch) => BatchBodies.Begin(context.Caller, context.GatewayRequest.WantedId(Batch.IdPrefix)) with
    {
        Endpoint = batch.Endpoint,
        CompletionWindow = batch.CompletionWindow,
        Window = batch.ExpiresAt - batch.CreatedAt,
        OutputLifetime = batch.OutputLifetime,
        Metadata = batch.Metadata,
    };

    private Fault? Check(BatchDraft draft, bool isInline)
    {
        if (isInline == draft.InputFileId.Length > 0)
        {
            return isInline
                ? Fault.Invalid("Invalid 'requests': give either 'requests' or 'input_file_id', not both.", "requests", "invalid_parameter_combination")
                : Fault.Invalid("Missing required parameter: 'input_file_id'. Name an uploaded file, or give the requests themselves as 'requests'.", "input_file_id", "missing_required_parameter");
        }

        if (draft.Endpoint is null && !isInline)
        {
            return Fault.Invalid("Missing required parameter: 'endpoint'.", "endpoint", "missing_required_parameter");
        }

        return draft.Endpoint is null || batches.Paths.Contains(draft.Endpoint)
            ? null
            : Fault.Invalid($"Invalid value for 'endpoint'. Supported values are: {string.Join(", ", batches.Paths.Select(static path => $"'{path}'"))}.", "endpoint");
    }

    /// <summary>Answers with a new batch; with its results as well, if the client waits for them and they are there in time.</summary>
    private async Task AnswerAsync(HttpContext context, Outcome<Batch> outcome)
    {
        if (!outcome.TryGet(out var batch, out var fault))
        {
            await FaultWriter.WriteAsync(context, fault);
            return;
        }

        if (PreferWait.Read(context.Request) is not { } seconds)
        {
            await WriteAsync(context, batch);
            return;
        }

        context.Response.Headers["Preference-Applied"] = string.Create(CultureInfo.InvariantCulture, $"wait={seconds}");
        batch = await patience.WaitAsync(context, batch.Id, seconds) ?? batch;
        if (batch.Status.IsFinal() && await AllAsync(batch, context.RequestAborted) is { } all)
        {
            await JsonAnswer.WriteAsync(context, ListJson.One(batch, (writer, one) => json.Write(writer, one, all)));
            return;
        }

        await WriteAsync(context, batch);
    }

    /// <returns>All results in the order of their lines; <see langword="null"/> if they are too large to be carried.</returns>
    private async ValueTask<List<BatchResult>?> AllAsync(Batch batch, CancellationToken cancellation)
    {
        var (all, bytes) = (new List<BatchResult>(batch.Total), 0L);
        while (await results.NextAsync(batch, all.Count > 0 ? all[^1].Sequence : 0, null, cancellation) is { Count: > 0 } next)
        {
            all.AddRange(next);
            bytes += next.Sum(static result => result.Json.Length);
            if (bytes > MostInlineBytes)
            {
                return null;
            }
        }

        all.Sort(static (a, b) => a.Line.CompareTo(b.Line));
        return all;
    }

    private Task WriteAsync(HttpContext context, Batch? batch) => batch is null
        ? FaultWriter.WriteAsync(context, BatchFaults.NotFound)
        : JsonAnswer.WriteAsync(context, ListJson.One(batch, json.Write));
}
