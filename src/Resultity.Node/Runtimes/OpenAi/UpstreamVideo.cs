using System.Net;
using System.Text.Json;
using Resultity.Node.Runtimes.Video;

namespace Resultity.Node.Runtimes.OpenAi;

/// <summary>A video of a server that has OpenAI's videos API: begun there, asked for until it is done, fetched, and deleted there.</summary>
internal sealed class UpstreamVideo(HttpMessageInvoker http, Uri root, UpstreamKey key, TimeProvider time)
{
    private const int LongestObject = 256 * 1024;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestFarewell = TimeSpan.FromSeconds(5);

    /// <exception cref="HttpRequestException">The server can't be reached, or answers with something else than a video.</exception>
    public async ValueTask ServeAsync(RuntimeExchange exchange, CancellationToken cancellation)
    {
        var content = new ReadOnlyMemoryContent(exchange.Body);
        content.Headers.TryAddWithoutValidation("Content-Type", exchange.ContentType);
        using var created = await SendAsync(HttpMethod.Post, "v1/videos", content, cancellation);
        var body = await ReadAsync(created, cancellation);
        if (!created.IsSuccessStatusCode)
        {
            await exchange.RespondAsync((int)created.StatusCode, "application/json", body, cancellation);
            return;
        }

        var video = Parse(body);
        var path = $"v1/videos/{Uri.EscapeDataString(video.Id)}";
        try
        {
            using var events = new VideoEvents(exchange);
            await events.BeginAsync(cancellation);
            while (video.Status is "queued" or "in_progress")
            {
                await events.ProgressAsync(Math.Clamp(video.Progress, 0, 99), cancellation);
                await Task.Delay(Pause, time, cancellation);
                using var looked = await SendAsync(HttpMethod.Get, path, null, cancellation);
                looked.EnsureSuccessStatusCode();
                video = Parse(await ReadAsync(looked, cancellation));
            }

            if (video.Status != "completed")
            {
                await events.FailAsync(video.Code ?? "upstream_failed", video.Message ?? "The video could not be made.", cancellation);
                return;
            }

            await FetchAsync(events, path + "/content", "video", "video/mp4", cancellation);
            await FetchAsync(events, path + "/content?variant=thumbnail", "thumbnail", "image/webp", cancellation);
            await events.EndAsync(0, 1, cancellation);
        }
        finally
        {
            await ForgetAsync(path);
        }
    }

    private async ValueTask FetchAsync(VideoEvents events, string path, string variant, string usual, CancellationToken cancellation)
    {
        using var response = await SendAsync(HttpMethod.Get, path, null, cancellation);

        // A server may have no thumbnails; without the video itself there is nothing.
        if (!response.IsSuccessStatusCode && variant == "thumbnail") return;
        response.EnsureSuccessStatusCode();
        await using var file = await response.Content.ReadAsStreamAsync(cancellation);
        await events.FileAsync(variant, response.Content.Headers.ContentType?.MediaType ?? usual, file, cancellation);
    }

    /// <summary>What is not wanted any more, or has been fetched, takes no room there; if this fails, the server forgets it in its own time.</summary>
    private async ValueTask ForgetAsync(string path)
    {
        using var patience = new CancellationTokenSource(LongestFarewell, time);
        try
        {
            using var response = await SendAsync(HttpMethod.Delete, path, null, patience.Token);
        }
        catch (Exception gone) when (gone is HttpRequestException or OperationCanceledException or IOException)
        {
            // See above.
        }
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellation)
    {
        var request = new HttpRequestMessage(method, new Uri(root, path)) { Version = HttpVersion.Version11, Content = content };
        if (key.Authorization is { } authorization) request.Headers.TryAddWithoutValidation("Authorization", authorization);
        return http.SendAsync(request, cancellation);
    }

    private static async ValueTask<byte[]> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        await response.Content.LoadIntoBufferAsync(LongestObject, cancellation);
        return await response.Content.ReadAsByteArrayAsync(cancellation);
    }

    private static (string Id, string Status, int Progress, string? Code, string? Message) Parse(byte[] json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var root = document.RootElement;
            var error = root.TryGetProperty("error"u8, out var given) && given.ValueKind == JsonValueKind.Object ? given : default;
            string? Of(string name) => error.ValueKind == JsonValueKind.Object && error.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
            return (
                root.GetProperty("id"u8).GetString()!,
                root.GetProperty("status"u8).GetString()!,
                root.TryGetProperty("progress"u8, out var progress) && progress.ValueKind == JsonValueKind.Number ? (int)progress.GetDouble() : 0,
                Of("code"),
                Of("message"));
        }
        catch (Exception wrong) when (wrong is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new HttpRequestException("The server's answer is not a video.", wrong);
        }
    }
}
