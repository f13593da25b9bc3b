using Microsoft.AspNetCore.Http;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http;
using Resultity.Gateway.Http.Inference;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Webhooks;

/// <inheritdoc/>
internal sealed class ReceiverCheck(IWebhookStore store, WebhookOptions options) : IReceiverCheck
{
    private const string Header = "Resultity-Webhook";

    private static readonly Fault NoSecret = Fault.Invalid(
        $"The header '{Header}' needs a secret to sign with, and this namespace has none. Make one with POST /v1/webhooks/default/rotate.", Header, "webhook_secret_missing");

    /// <inheritdoc/>
    public async ValueTask<Outcome<string?>> ReadAsync(HttpContext context)
    {
        var header = context.Request.Headers[Header];
        if (header.Count == 0)
        {
            return (string?)null;
        }

        if (WebhookUrl.Check(header.Count == 1 ? header[0] : null, Header, options) is { } fault)
        {
            return fault;
        }

        var owner = context.Caller.Namespace;
        return await store.GetAsync(owner, Webhook.DefaultOf(owner), context.RequestAborted) is null ? NoSecret : header[0];
    }
}
