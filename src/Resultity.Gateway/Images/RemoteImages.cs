using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http.Inference;
using Resultity.Gateway.Http.Outgoing;

namespace Resultity.Gateway.Images;

/// <summary>Puts images in the place of their URLs, where the operator allows their hosts. Without that nothing is fetched, and nodes refuse URLs.</summary>
internal sealed class RemoteImages : IBodyChange, IDisposable
{
    private const int MostImages = 16;
    private const int MostBytes = 64 << 20;
    private static readonly string[] Fields = ["image", "images", "mask", "input_reference"];
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    private readonly RemoteImageOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private readonly HashSet<string> _origins;

    public RemoteImages(RemoteImageOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _origins = [.. options.Hosts.Where(static host => host.Contains("://", StringComparison.Ordinal)).Select(static origin => new Uri(origin).GetLeftPart(UriPartial.Authority))];
        _http = PinnedConnection.NewClient(IsNamedAsOrigin);
    }

    /// <inheritdoc/>
    public bool Wants(InferenceEndpoint endpoint, ReadOnlySpan<byte> body) =>
        _options.Hosts.Count > 0 && (endpoint.IsMedia || endpoint == InferenceEndpoint.ChatCompletions) && (body.IndexOf("\"http://"u8) >= 0 || body.IndexOf("\"https://"u8) >= 0);

    /// <inheritdoc/>
    public async ValueTask<Outcome<ReadOnlyMemory<byte>>> ChangeAsync(HttpContext context, ReadOnlyMemory<byte> body)
    {
        JsonObject? root = null;
        try
        {
            root = JsonNode.Parse(body.Span, documentOptions: Strict) as JsonObject;
        }
        catch (JsonException)
        {
            // The check of the body says what is wrong with it.
        }

        var found = new List<(JsonValue Value, string Path)>();
        Find(root, found);
        if (found.Count == 0)
        {
            return body;
        }

        if (found.Count > MostImages)
        {
            return Fault.Invalid($"Invalid '{found[MostImages].Path}': at most {MostImages} images of a request are fetched. Send the others themselves, as data URLs.", found[MostImages].Path, "too_many_remote_images");
        }

        var left = MostBytes;
        foreach (var (value, path) in found)
        {
            if (!(await FetchAsync(value.GetValue<string>(), path, left, context.RequestAborted)).TryGet(out var image, out var fault))
            {
                return fault;
            }

            left -= image.Length;
            value.ReplaceWith("data:application/octet-stream;base64," + Convert.ToBase64String(image));
        }

        using var output = new MemoryStream();
        using (var writer = new Utf8JsonWriter(output))
        {
            root!.WriteTo(writer);
        }

        return (ReadOnlyMemory<byte>)output.ToArray();
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static void Find(JsonObject? root, List<(JsonValue, string)> found)
    {
        foreach (var field in Fields)
        {
            Find(root?[field], field, found);
        }

        var messages = root?["messages"] as JsonArray;
        for (var at = 0; at < messages?.Count; at++)
        {
            var parts = (messages[at] as JsonObject)?["content"] as JsonArray;
            for (var part = 0; part < parts?.Count; part++)
            {
                Find((parts[part] as JsonObject)?["image_url"], string.Create(CultureInfo.InvariantCulture, $"messages[{at}].content[{part}].image_url"), found);
            }
        }
    }

    private static void Find(JsonNode? node, string path, List<(JsonValue, string)> found)
    {
        switch (node)
        {
            case JsonValue value when value.TryGetValue(out string? text) && (text.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || text.StartsWith("https://", StringComparison.OrdinalIgnoreCase)):
                found.Add((value, path));
                break;
            case JsonArray list:
                for (var at = 0; at < list.Count; at++) Find(list[at], string.Create(CultureInfo.InvariantCulture, $"{path}[{at}]"), found);
                break;
            case JsonObject holder:
                Find(holder["image_url"], path + ".image_url", found);
                Find(holder["url"], path + ".url", found);
                break;
            default:
                break;
        }
    }

    private async ValueTask<Outcome<byte[]>> FetchAsync(string url, string path, int left, CancellationToken cancellation)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.UserInfo.Length > 0 || !IsAllowed(address))
        {
            return Fault.Invalid($"Invalid '{path}': images are fetched from these hosts only: {string.Join(", ", _options.Hosts)}. Send the image itself, as a data URL or as a file.", path, "remote_url_refused");
        }

        using var timeout = new CancellationTokenSource(_options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            using var response = await _http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                return Unfetched(path, $"its host answered with status {(int)response.StatusCode}");
            }

            var limit = Math.Min(left, ImageFields.LargestImage);
            if (response.Content.Headers.ContentLength > limit)
            {
                return TooLarge(path, limit);
            }

            await using var stream = await response.Content.ReadAsStreamAsync(either.Token);
            using var image = new MemoryStream();
            var piece = new byte[64 * 1024];
            int count;
            while ((count = await stream.ReadAsync(piece, either.Token)) > 0)
            {
                if (image.Length + count > limit)
                {
                    return TooLarge(path, limit);
                }

                image.Write(piece, 0, count);
            }

            return image.ToArray();
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return Unfetched(path, "its host did not send it in time");
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            return failure.InnerException is RefusedAddressException ? Unfetched(path, "its host has no public address") : Unfetched(path, "its host cannot be reached");
        }
    }

    private bool IsAllowed(Uri url) => _origins.Contains(url.GetLeftPart(UriPartial.Authority)) || (url.Scheme == Uri.UriSchemeHttps && url.IsDefaultPort && _options.Hosts.Any(host =>
        host.StartsWith("*.", StringComparison.Ordinal) ? url.IdnHost.EndsWith(host[1..], StringComparison.OrdinalIgnoreCase) : url.IdnHost.Equals(host, StringComparison.OrdinalIgnoreCase)));

    private bool IsNamedAsOrigin(DnsEndPoint host) => _origins.Any(origin => new Uri(origin) is var named && named.IdnHost == host.Host && named.Port == host.Port);

    private static Fault Unfetched(string path, string why) =>
        Fault.Invalid($"Invalid '{path}': the image could not be fetched, because {why}. Send the image itself, as a data URL or as a file.", path, "remote_image_unavailable");

    private static Fault TooLarge(string path, int limit) =>
        new(FaultKind.TooLarge, "image_too_large", $"Invalid '{path}': the image is too large. The limit is {limit} bytes.", path);
}
