using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Resultity.Gateway.Http;
using Resultity.Gateway.Http.Bodies;
using Resultity.Serving.Files;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Files;

/// <summary><c>/v1/uploads</c>: files that arrive in parts.</summary>
internal sealed class UploadHandler(FileUploads uploads, FileLibrary library, FileFormReader forms, KeyedForms keyed, FileRules rules, TimeProvider time)
{
    /// <summary><c>POST /v1/uploads</c>.</summary>
    public async Task CreateAsync(HttpContext context)
    {
        if (!(await JsonObjectBody.ReadAsync(context, UploadBodies.Create, UploadBodies.Limit)).TryGet(out var body, out var fault)
            || !UploadBodies.Read(body, context.Caller.Namespace, rules).TryGet(out var wanted, out fault))
        {
            await FaultWriter.WriteAsync(context, fault);
            return;
        }

        var id = context.GatewayRequest.WantedId(StoredUpload.IdPrefix);
        var made = context.GatewayRequest.Keyed is { IsTakeover: true } ? await uploads.FindAsync(context.Caller.Namespace, id!, context.RequestAborted) : null;
        await WriteAsync(context, made ?? await uploads.BeginAsync(wanted.Draft with { Id = id }, wanted.Bytes, context.RequestAborted), null);
    }

    /// <summary><c>POST /v1/uploads/{id}/parts</c>.</summary>
    public async Task AddPartAsync(HttpContext context)
    {
        if (await FindPendingAsync(context) is not { } upload)
        {
            return;
        }

        if (!(await forms.ReadAsync(context, "data", _ => rules.MaxPartBytes, rules.MaxPartBytes)).TryGet(out var form, out var fault))
        {
            await FileFormReader.RefuseAsync(context, fault);
            return;
        }

        await keyed.RunAsync(context, form, () => MakePartAsync(context, upload, form));
    }

    private async Task MakePartAsync(HttpContext context, StoredUpload upload, FileForm form)
    {
        var id = context.GatewayRequest.WantedId(UploadPart.IdPrefix);
        if (context.GatewayRequest.Keyed is { IsTakeover: true } && await uploads.FindPartAsync(upload, id!, context.RequestAborted) is { } made)
        {
            await library.DiscardAsync(form.Blob!);
            await JsonAnswer.WriteAsync(context, ListJson.One(made, FileJson.Write));
            return;
        }

        await ((await uploads.AddPartAsync(upload, id, form.Blob!, form.Bytes, CancellationToken.None)).TryGet(out var part, out var fault)
            ? JsonAnswer.WriteAsync(context, ListJson.One(part, FileJson.Write))
            : FaultWriter.WriteAsync(context, fault));
    }

    /// <summary><c>POST /v1/uploads/{id}/complete</c>. Completing again answers as the first time did.</summary>
    public async Task CompleteAsync(HttpContext context)
    {
        if (!(await JsonObjectBody.ReadAsync(context, UploadBodies.Complete, UploadBodies.Limit)).TryGet(out var body, out var fault))
        {
            await FaultWriter.WriteAsync(context, fault);
            return;
        }

        var id = IdOf(context);
        if (await uploads.FindAsync(context.Caller.Namespace, id, context.RequestAborted) is { Status: UploadStatus.Completed } done)
        {
            await WriteAsync(context, done, await library.FindAsync(done.Namespace, done.FileId!, context.RequestAborted));
            return;
        }

        if (await FindPendingAsync(context) is not { } upload)
        {
            return;
        }

        var parts = body.GetProperty("part_ids").EnumerateArray().Select(static part => part.GetString()!).ToList();
        var md5 = body.TryGetProperty("md5", out var sum) && sum.ValueKind == JsonValueKind.String ? sum.GetString() : null;
        await ((await uploads.CompleteAsync(upload, parts, md5, context.RequestAborted)).TryGet(out var completed, out fault)
            ? WriteAsync(context, completed.Upload, completed.File)
            : FaultWriter.WriteAsync(context, fault));
    }

    /// <summary><c>POST /v1/uploads/{id}/cancel</c>.</summary>
    public async Task CancelAsync(HttpContext context)
    {
        var upload = await uploads.CancelAsync(context.Caller.Namespace, IdOf(context), context.RequestAborted);
        await (upload switch
        {
            null => FaultWriter.WriteAsync(context, FileUploads.Gone),
            { Status: UploadStatus.Cancelled } => WriteAsync(context, upload, null),
            _ => FaultWriter.WriteAsync(context, FileUploads.Ended(upload.StatusAt(time.GetUtcNow()))),
        });
    }

    private async Task<StoredUpload?> FindPendingAsync(HttpContext context)
    {
        var upload = await uploads.FindAsync(context.Caller.Namespace, IdOf(context), context.RequestAborted);
        var fault = upload is null ? FileUploads.Gone
            : upload.StatusAt(time.GetUtcNow()) is not UploadStatus.Pending and var status ? FileUploads.Ended(status) : null;
        if (fault is null)
        {
            return upload;
        }

        await FaultWriter.WriteAsync(context, fault);
        return null;
    }

    private Task WriteAsync(HttpContext context, StoredUpload upload, StoredFile? file)
    {
        var now = time.GetUtcNow();
        return JsonAnswer.WriteAsync(context, ListJson.One(upload, (writer, one) => FileJson.Write(writer, one, file, now)));
    }

    private static string IdOf(HttpContext context) => (string)context.GetRouteValue("id")!;
}
