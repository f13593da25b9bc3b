using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http;
using Resultity.Gateway.Http.Bodies;
using Resultity.Gateway.Http.Idempotency;
using Resultity.Serving.Files;

namespace Resultity.Gateway.Files;

/// <summary>Reads a multipart form in one pass: text fields into memory, the file straight into the blob store.</summary>
/// <remarks>The limit is checked while the file arrives. A form that is refused leaves nothing behind.</remarks>
internal sealed class FileFormReader(FileLibrary library)
{
    private const int MostSections = 32;
    private const int LongestField = 4 * 1024;

    /// <summary>What the form needs beside its file.</summary>
    private const int Overhead = 1024 * 1024;

    /// <summary>Reads the form.</summary>
    /// <param name="context">The HTTP request.</param>
    /// <param name="fileField">The name of the field that is the file.</param>
    /// <param name="limitOf">The largest file, given the fields that came before it.</param>
    /// <param name="most">The largest file of all.</param>
    public async ValueTask<Outcome<FileForm>> ReadAsync(HttpContext context, string fileField, Func<IReadOnlyDictionary<string, string>, long> limitOf, long most)
    {
        var request = context.Request;
        if (request.ContentLength > most + Overhead)
        {
            return TooLarge(most);
        }

        if (Boundary(request) is not { } boundary)
        {
            return new Fault(FaultKind.UnsupportedMediaType, "unsupported_media_type", "This route takes a form. Send the header 'Content-Type: multipart/form-data; boundary=…'.");
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = most + Overhead;
        }

        string? blob = null;
        var isDone = false;
        var isKeyed = IdempotentRequests.IsAskedBy(request);
        try
        {
            var form = new Dictionary<string, string>(StringComparer.Ordinal);
            var outcome = await ReadAsync(new MultipartReader(boundary, request.Body), form, fileField, limitOf, isKeyed, name => blob = name, context.RequestAborted);
            isDone = outcome.Fault is null;
            return outcome;
        }
        catch (FileTooLargeException tooLarge)
        {
            return TooLarge(tooLarge.Limit);
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException
            && exception is not BadHttpRequestException && !context.RequestAborted.IsCancellationRequested)
        {
            return Fault.Invalid("The form is malformed: it breaks off, or a part has no proper head. Check the boundary.", code: "invalid_form");
        }
        finally
        {
            if (!isDone && blob is not null)
            {
                await library.DiscardAsync(blob);
            }
        }
    }

    /// <summary>Answers a form that is refused, in a way that a client which is still sending gets to see it.</summary>
    public static async Task RefuseAsync(HttpContext context, Fault fault)
    {
        await FaultWriter.WriteAsync(context, fault);
        await context.Response.CompleteAsync();
        await JsonBodyReader.DrainAsync(context);
    }

    /// <summary>A file above the limit.</summary>
    public static Fault TooLarge(long limit) =>
        new(FaultKind.TooLarge, "request_too_large", string.Create(CultureInfo.InvariantCulture, $"The file is larger than this route takes. The limit is {limit} bytes."), "file");

    private async ValueTask<Outcome<FileForm>> ReadAsync(
        MultipartReader reader, Dictionary<string, string> fields, string fileField, Func<IReadOnlyDictionary<string, string>, long> limitOf, bool isKeyed, Action<string> stored, CancellationToken cancellation)
    {
        var form = new FileForm(fields);
        var sum = "";
        for (var count = 1; await reader.ReadNextSectionAsync(cancellation) is { } section; count++)
        {
            if (count > MostSections)
            {
                return Fault.Invalid($"The form has too many fields. Expected at most {MostSections}.", code: "invalid_form");
            }

            if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition) || disposition.DispositionType != "form-data"
                || HeaderUtilities.RemoveQuotes(disposition.Name).ToString() is not { Length: > 0 } name)
            {
                return Fault.Invalid("A part of the form has no name. Expected a head such as 'Content-Disposition: form-data; name=\"purpose\"'.", code: "invalid_form");
            }

            if (name == fileField && form.Blob is null)
            {
                using var content = new CountedStream(section.Body, limitOf(fields), isKeyed ? HashAlgorithmName.SHA256 : null);
                var blob = await library.StoreAsync(content, cancellation);
                stored(blob);
                form = form with { Blob = blob, Bytes = content.Count, Name = NameOf(disposition) };
                sum = isKeyed ? content.Sum() : "";
            }
            else if (name == fileField || !fields.TryAdd(name, "") || !await TryReadAsync(section, fields, name, cancellation))
            {
                return Fault.Invalid($"Invalid '{Shown(name)}': it is given twice, or is longer than {LongestField} bytes.", Shown(name), "invalid_form");
            }
        }

        return form.Blob is null
            ? Fault.Invalid($"Missing required parameter: '{fileField}'. Send it as a part of the form with a file name.", fileField, "missing_required_parameter")
            : form with { Digest = isKeyed ? Digest(form, sum) : default };
    }

    /// <summary>What two sendings of a form have in common, whatever their boundaries and the order of their parts.</summary>
    private static byte[] Digest(FileForm form, string sum)
    {
        var text = new StringBuilder(sum);
        foreach (var (name, value) in form.Fields.OrderBy(static field => field.Key, StringComparer.Ordinal).Prepend(KeyValuePair.Create("", form.Name ?? "")))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n{name.Length} {name} {value.Length} {value}");
        }

        return SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()));
    }

    private static async ValueTask<bool> TryReadAsync(MultipartSection section, Dictionary<string, string> fields, string name, CancellationToken cancellation)
    {
        var buffer = new byte[LongestField + 1];
        var length = await section.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
        fields[name] = Encoding.UTF8.GetString(buffer, 0, Math.Min(length, LongestField));
        return length <= LongestField;
    }

    private static string? Boundary(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
        && HeaderUtilities.RemoveQuotes(type.Boundary).ToString() is { Length: > 0 and <= 70 } boundary
            ? boundary
            : null;

    /// <summary>The extended form (RFC 8187) says more than the plain one, which some clients send without quotes.</summary>
    private static string? NameOf(ContentDispositionHeaderValue disposition) =>
        disposition.FileNameStar.HasValue ? disposition.FileNameStar.ToString() : HeaderUtilities.RemoveQuotes(disposition.FileName).ToString();

    private static string Shown(string name) => name.Length <= 64 ? name : string.Concat(name.AsSpan(0, 64), "…");
}
