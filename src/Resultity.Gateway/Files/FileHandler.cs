using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Net.Http.Headers;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http;
using Resultity.Serving.Files;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Files;

/// <summary><c>/v1/files</c>: upload, list, look at, download, delete.</summary>
internal sealed class FileHandler(FileLibrary library, FileFormReader forms, KeyedForms keyed, FileRules rules)
{
    private const int MostListed = 10_000;

    /// <summary><c>POST /v1/files</c>.</summary>
    public async Task CreateAsync(HttpContext context)
    {
        if (!(await forms.ReadAsync(context, "file", fields => rules.LimitOf(fields.GetValueOrDefault("purpose")), rules.MaxFileBytes)).TryGet(out var form, out var fault))
        {
            await FileFormReader.RefuseAsync(context, fault);
            return;
        }

        await keyed.RunAsync(context, form, () => MakeAsync(context, form));
    }

    private async Task MakeAsync(HttpContext context, FileForm form)
    {
        var id = context.GatewayRequest.WantedId(StoredFile.IdPrefix);
        if (context.GatewayRequest.Keyed is { IsTakeover: true } && await library.FindAsync(context.Caller.Namespace, id!, context.RequestAborted) is { } made)
        {
            await library.DiscardAsync(form.Blob!);
            await JsonAnswer.WriteAsync(context, ListJson.One(made, FileJson.Write));
            return;
        }

        if (!form.Purpose().TryGet(out var purpose, out var fault) || !form.Lifetime().TryGet(out var lifetime, out fault))
        {
            await library.DiscardAsync(form.Blob!);
            await FaultWriter.WriteAsync(context, fault);
            return;
        }

        if (form.Bytes > rules.LimitOf(purpose))
        {
            // The purpose came after the file.
            await library.DiscardAsync(form.Blob!);
            await FaultWriter.WriteAsync(context, FileFormReader.TooLarge(rules.LimitOf(purpose)));
            return;
        }

        var draft = new FileDraft(context.Caller.Namespace, form.Name ?? "", purpose) { Id = id, Lifetime = lifetime };
        await ((await library.AddAsync(draft, form.Blob!, form.Bytes, CancellationToken.None)).TryGet(out var file, out fault)
            ? JsonAnswer.WriteAsync(context, ListJson.One(file, FileJson.Write))
            : FaultWriter.WriteAsync(context, fault));
    }

    /// <summary><c>GET /v1/files</c>.</summary>
    public async Task ListAsync(HttpContext context)
    {
        var query = context.Request.Query;
        if (!PageParameters.Read(query, StoredFile.IdPrefix, MostListed, MostListed).TryGet(out var page, out var fault))
        {
            await FaultWriter.WriteAsync(context, fault);
            return;
        }

        if (query["purpose"] is not [] and var purpose && (purpose is not [{ } one] || !FilePurpose.All.Contains(one)))
        {
            await FaultWriter.WriteAsync(context, Fault.Invalid($"Invalid 'purpose'. Supported values are: {string.Join(", ", FilePurpose.All.Select(static known => $"'{known}'"))}.", "purpose"));
            return;
        }

        var files = await library.ListAsync(new FileFilter(context.Caller.Namespace, page) { Purpose = query["purpose"] }, context.RequestAborted);
        await JsonAnswer.WriteAsync(context, ListJson.Write(files, static file => file.Id, FileJson.Write));
    }

    /// <summary><c>GET /v1/files/{id}</c>.</summary>
    public async Task GetAsync(HttpContext context) =>
        await (await library.FindAsync(context.Caller.Namespace, IdOf(context), context.RequestAborted) is { } file
            ? JsonAnswer.WriteAsync(context, ListJson.One(file, FileJson.Write))
            : FaultWriter.WriteAsync(context, NotFound));

    /// <summary><c>GET /v1/files/{id}/content</c>, whole or in part: a download that broke off is gone on with by a range.</summary>
    public async Task ContentAsync(HttpContext context)
    {
        if (await library.OpenAsync(context.Caller.Namespace, IdOf(context), context.RequestAborted) is not { } open)
        {
            await FaultWriter.WriteAsync(context, NotFound);
            return;
        }

        await using (open)
        {
            // A client's bytes are never shown as a page of ours.
            context.Response.Headers.XContentTypeOptions = "nosniff";

            // A blob never changes, so its name is what its bytes are told apart by.
            var tag = new EntityTagHeaderValue($"\"{open.File.Blob}\"");
            await TypedResults.Stream(open.Content, "application/octet-stream", open.File.Name, open.File.CreatedAt, tag, enableRangeProcessing: true).ExecuteAsync(context);
        }

        if (context.Response is { StatusCode: StatusCodes.Status416RangeNotSatisfiable, HasStarted: false })
        {
            var text = FormattableString.Invariant($"The file does not have this range; it has {open.File.Bytes} bytes.");
            await FaultWriter.WriteAsync(context, new Fault(FaultKind.RangeNotSatisfiable, "range_not_satisfiable", text, "Range"));
        }
    }

    /// <summary><c>DELETE /v1/files/{id}</c>.</summary>
    public async Task DeleteAsync(HttpContext context)
    {
        var id = IdOf(context);
        await (await library.DeleteAsync(context.Caller.Namespace, id, context.RequestAborted)
            ? JsonAnswer.WriteAsync(context, ListJson.One(id, FileJson.WriteDeleted))
            : FaultWriter.WriteAsync(context, NotFound));
    }

    private static string IdOf(HttpContext context) => (string)context.GetRouteValue("id")!;

    /// <summary>The same words for a file of another namespace as for one that never was.</summary>
    private static Fault NotFound { get; } = Fault.NotFound(
        "There is no file with this identifier, or it is not yours, or it has expired. GET /v1/files lists what there is.", "file_not_found", "id");
}
