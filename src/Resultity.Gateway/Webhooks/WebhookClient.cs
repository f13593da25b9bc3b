using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Resultity.Gateway.Http.Outgoing;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Webhooks;

/// <summary>Sends one event to one receiver. Follows no redirects, reads no answers, and connects only to addresses that are allowed.</summary>
internal sealed class WebhookClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly WebhookOptions _options;
    private readonly TimeProvider _time;

    public WebhookClient(WebhookOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _http = PinnedConnection.NewClient(_ => options.AllowPrivateAddresses);
    }

    /// <summary>The body of an event, in OpenAI's shape.</summary>
    public static byte[] Body(WebhookDelivery delivery) => Encoding.UTF8.GetBytes(string.Create(
        CultureInfo.InvariantCulture,
        $$$"""{"id":"{{{delivery.EventId}}}","object":"event","type":"{{{delivery.Type}}}","created_at":{{{delivery.CreatedAt.ToUnixTimeSeconds()}}},"data":{"id":"{{{delivery.ObjectId}}}"}}"""));

    /// <summary>Sends an event.</summary>
    /// <returns>The status of the answer and, unless it was 2xx, why it does not count.</returns>
    public async Task<(int? Status, string? Error)> SendAsync(string url, IEnumerable<string> secrets, WebhookDelivery delivery, CancellationToken cancellation)
    {
        var body = Body(delivery);
        var timestamp = _time.GetUtcNow().ToUnixTimeSeconds();
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.UserAgent.Add(new ProductInfoHeaderValue("Resultity-Webhooks", "1"));
        request.Headers.Add("webhook-id", delivery.EventId);
        request.Headers.Add("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", WebhookSignature.Sign(secrets, delivery.EventId, timestamp, body));
        using var limit = new CancellationTokenSource(_options.Timeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            var status = (int)response.StatusCode;
            return (status, response.IsSuccessStatusCode ? null : status is >= 300 and < 400 ? "Redirects are not followed." : "The receiver answered with an error.");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (null, "The receiver did not answer in time.");
        }
        catch (HttpRequestException exception)
        {
            return (null, exception.InnerException is RefusedAddressException ? "The receiver's address is not a public one."
                : exception.HttpRequestError == HttpRequestError.SecureConnectionError ? "The receiver's certificate was not accepted."
                : exception.HttpRequestError == HttpRequestError.NameResolutionError ? "The receiver's name has no address." : "The receiver cannot be reached.");
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();
}
