using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;

namespace Resultity.Node.Models;

/// <summary>The two calls of a Hugging Face hub that a pull needs: what files there are, and the bytes of one.</summary>
/// <remarks>
/// <c>GET /api/models/{repo}/tree/{revision}?recursive=1</c> lists (in pages, by <c>Link: rel="next"</c>);
/// <c>GET /{repo}/resolve/{revision}/{path}</c> answers with the bytes or redirects to where they are.
/// The token goes to the hub itself only: the client drops it when it is redirected.
/// </remarks>
internal sealed class HubClient(HttpClient http, Uri hub, string? token)
{
    private const int MostFiles = 10_000;
    private const int MostListingBytes = 8 << 20;

    public async Task<IReadOnlyList<HubFile>> ListAsync(HubRepository repository, CancellationToken cancellation)
    {
        var files = new List<HubFile>();
        var page = At($"api/models/{repository.Id}/tree/{repository.Revision}?recursive=1");
        while (page is not null)
        {
            using var response = await SendAsync(page, null, repository, cancellation);
            if (!response.IsSuccessStatusCode) throw Refusal(response, repository);
            using var listing = await ParseAsync(response, cancellation);
            Read(listing.RootElement, files);
            if (files.Count > MostFiles) throw new PullException(PullFailure.Corrupt, $"{repository.Id} lists more than {MostFiles} files.");
            page = Next(response, page);
        }

        return files;
    }

    /// <summary>Asks for a file's bytes from an offset on. The caller checks the status and disposes of the answer.</summary>
    public Task<HttpResponseMessage> OpenAsync(HubRepository repository, string path, long offset, CancellationToken cancellation)
    {
        var escaped = string.Join('/', path.Split('/').Select(Uri.EscapeDataString));
        return SendAsync(At($"{repository.Id}/resolve/{repository.Revision}/{escaped}"), offset > 0 ? new RangeHeaderValue(offset, null) : null, repository, cancellation);
    }

    public PullException Refusal(HttpResponseMessage response, HubRepository repository) => response.StatusCode switch
    {
        // The hub answers 401 for what does not exist, too, so as not to tell.
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new PullException(
            PullFailure.Refused,
            token is null
                ? $"{hub} wants a token for {repository.Id}, or there is no such model. Set HF_TOKEN if it is gated or private."
                : $"{hub} does not let this token read {repository.Id}. Has the model's licence been accepted?"),
        HttpStatusCode.NotFound => new PullException(PullFailure.NotFound, $"{hub} has no {repository.Id} at revision {repository.Revision}."),
        var status => new PullException(PullFailure.Unreachable, $"{hub} answered {(int)status} for {repository.Id}."),
    };

    private async Task<HttpResponseMessage> SendAsync(Uri address, RangeHeaderValue? range, HubRepository repository, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        // The digest is of the plain bytes, and ranges count plain bytes.
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("identity"));
        request.Headers.Range = range;
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        try
        {
            return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        }
        catch (HttpRequestException failure)
        {
            throw new PullException(PullFailure.Unreachable, $"cannot reach {hub} for {repository.Id}: {failure.InnerException?.Message ?? failure.Message}", failure);
        }
    }

    private Uri At(string relative) => new(hub.AbsoluteUri.EndsWith('/') ? hub : new Uri(hub.AbsoluteUri + "/"), relative);

    private static async Task<JsonDocument> ParseAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        try
        {
            await response.Content.LoadIntoBufferAsync(MostListingBytes, cancellation);
            return JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellation));
        }
        catch (JsonException wrong)
        {
            throw new PullException(PullFailure.Corrupt, "the hub's list of files is not JSON. Is HF_ENDPOINT a Hugging Face hub?", wrong);
        }
        catch (HttpRequestException wrong)
        {
            throw new PullException(PullFailure.Unreachable, "the hub's list of files broke off or is too long.", wrong);
        }
    }

    private static void Read(JsonElement listing, List<HubFile> files)
    {
        if (listing.ValueKind != JsonValueKind.Array) throw new PullException(PullFailure.Corrupt, "the hub's list of files is not a list.");
        foreach (var entry in listing.EnumerateArray())
        {
            if (Text(entry, "type") != "file" || Text(entry, "path") is not { } path) continue;
            if (!IsSafe(path)) throw new PullException(PullFailure.Corrupt, $"the hub lists a file outside of the model's folder: '{Printable(path)}'.");
            var large = entry.TryGetProperty("lfs", out var lfs) && lfs.ValueKind == JsonValueKind.Object ? lfs : (JsonElement?)null;
            var size = large is { } pointer && pointer.TryGetProperty("size", out var announced) ? announced : entry.TryGetProperty("size", out var plain) ? plain : default;
            if (size.ValueKind != JsonValueKind.Number || !size.TryGetInt64(out var bytes) || bytes < 0)
            {
                throw new PullException(PullFailure.Corrupt, $"the hub does not say how long '{Printable(path)}' is.");
            }

            files.Add(new HubFile(path, bytes, large is { } digested ? Text(digested, "oid") : null, large is null ? Text(entry, "oid") : null));
        }
    }

    private static string? Text(JsonElement entry, string name) =>
        entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>Whether a path stays in the folder that it is joined to, on every file system.</summary>
    internal static bool IsSafe(string path) =>
        path.Length is > 0 and <= 500
        && !path.Any(character => char.IsControl(character) || character is '\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|')
        && path.Split('/').All(part => part.Length > 0 && part is not "." and not ".." && part[^1] is not '.' and not ' ');

    private static string Printable(string text) => string.Concat(text.Take(100).Select(character => char.IsControl(character) ? '?' : character));

    private static Uri? Next(HttpResponseMessage response, Uri current)
    {
        if (!response.Headers.TryGetValues("Link", out var links)) return null;
        foreach (var link in links.SelectMany(value => value.Split(',')))
        {
            var (open, close) = (link.IndexOf('<', StringComparison.Ordinal), link.IndexOf('>', StringComparison.Ordinal));
            if (open < 0 || close < open || !link[close..].Contains("rel=\"next\"", StringComparison.Ordinal)) continue;
            // A page elsewhere would get the token.
            return Uri.TryCreate(current, link[(open + 1)..close], out var next) && next != current && next.Scheme == current.Scheme && next.Authority == current.Authority
                ? next
                : throw new PullException(PullFailure.Corrupt, "the hub's list of files goes on at another host.");
        }

        return null;
    }
}
