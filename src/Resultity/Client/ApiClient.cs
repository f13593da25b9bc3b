using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Resultity.Cli;

namespace Resultity.Client;

/// <summary>HTTP to one gateway, with its failures told as sentences.</summary>
internal sealed class ApiClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly string? _key;
    private readonly bool _admin;

    public ApiClient(Uri url, string? key, bool admin, TimeSpan timeout)
    {
        Url = url.AbsolutePath.EndsWith('/') ? url : new Uri(url + "/");
        _key = key;
        _admin = admin;
        _http = new HttpClient(new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(10),
            // A proxy for the outside world has no business with this machine's own ports.
            UseProxy = !url.IsLoopback,
            AllowAutoRedirect = false,
        })
        { BaseAddress = Url, Timeout = timeout };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("resultity-cli", typeof(ApiClient).Assembly.GetName().Version?.ToString(3)));
        try
        {
            if (!string.IsNullOrEmpty(key)) _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }
        catch (FormatException)
        {
            throw new CliException(ExitCode.Usage, "The key has characters that a header cannot carry.", "Was it pasted with a line break?");
        }
    }

    public Uri Url { get; }

    /// <summary>Sends, and returns when the head of a successful answer has arrived.</summary>
    /// <param name="method">The HTTP method.</param>
    /// <param name="path">Relative to the gateway's URL, without a leading slash.</param>
    /// <param name="body">JSON to send.</param>
    /// <param name="headers">Further request headers.</param>
    /// <param name="cancellation">Closes the connection, which stops the work on the server.</param>
    /// <exception cref="CliException">The gateway cannot be reached, or refused.</exception>
    public Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, JsonNode? body, CancellationToken cancellation, params (string Name, string Value)[] headers) =>
        SendContentAsync(method, path, body is null ? null : new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"), cancellation, headers);

    /// <summary>Sends any content, and returns when the head of a successful answer has arrived. Disposes of the content.</summary>
    public async Task<HttpResponseMessage> SendContentAsync(
        HttpMethod method, string path, HttpContent? content, CancellationToken cancellation, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        foreach (var (name, value) in headers) request.Headers.TryAddWithoutValidation(name, value);
        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        }
        catch (HttpRequestException failure)
        {
            throw Unreachable(failure);
        }
        catch (TaskCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new CliException(ExitCode.Unavailable, $"{Url} did not answer within {_http.Timeout.TotalSeconds:0} s.", "Give more time with --timeout.");
        }

        if (response.IsSuccessStatusCode) return response;
        using (response) throw await RefusalAsync(response, cancellation);
    }

    /// <summary>Sends, and reads the whole answer as JSON.</summary>
    public async Task<JsonNode> JsonAsync(
        HttpMethod method, string path, JsonNode? body, CancellationToken cancellation, params (string Name, string Value)[] headers)
    {
        using var response = await SendAsync(method, path, body, cancellation, headers);
        return await ReadJsonAsync(response, cancellation);
    }

    public async Task<JsonNode> ReadJsonAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        try
        {
            return JsonNode.Parse(await response.Content.ReadAsByteArrayAsync(cancellation)) ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw new CliException(ExitCode.Failure, $"{Url} answered with something that is not JSON.", "Is this URL a Resultity gateway?");
        }
    }

    public void Dispose() => _http.Dispose();

    private CliException Unreachable(HttpRequestException failure) =>
        failure.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused }
            ? new CliException(ExitCode.Unavailable, $"cannot reach {Url}: is the gateway running?", "Start one with `resultity up`, or name another with --url.")
            : new CliException(ExitCode.Unavailable, $"cannot reach {Url}: {failure.InnerException?.Message ?? failure.Message}", null);

    private async Task<CliException> RefusalAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        var status = (int)response.StatusCode;
        JsonNode? error = null;
        try
        {
            error = JsonNode.Parse(await response.Content.ReadAsByteArrayAsync(cancellation))?["error"];
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException or HttpRequestException or IOException)
        {
        }

        var message = error is JsonObject stated && stated["message"] is JsonValue text
            ? Table.Safe(text.ToString()) + (stated["param"] is JsonValue parameter ? $" (at {Table.Safe(parameter.ToString())})" : "")
            : $"{Url} answered {status} {response.ReasonPhrase}.";
        return status switch
        {
            401 or 403 => new CliException(ExitCode.Authentication, message, Credentials()),
            404 => new CliException(ExitCode.NotFound, message, error is null ? "Is this URL a Resultity gateway?" : null),
            429 or 503 => new CliException(ExitCode.Unavailable, message, RetryHint(response)),
            _ => new CliException(ExitCode.Failure, message, null),
        };
    }

    private static string? RetryHint(HttpResponseMessage response) =>
        response.Headers.RetryAfter?.Delta is { } after ? $"Try again in {after.TotalSeconds:0} s." : null;

    private string Credentials() => (_admin, string.IsNullOrEmpty(_key)) switch
    {
        (true, true) => "Set RESULTITY_ADMIN_KEY or pass --admin-key; `resultity up` and `resultity gateway` show it at their first start.",
        (true, false) => "The admin key was refused; `resultity up` and `resultity gateway` show it at their first start.",
        (false, true) => "Set RESULTITY_API_KEY or pass --key; `resultity keys create` makes one.",
        (false, false) => "The API key was refused; `resultity keys create` makes a new one.",
    };
}
