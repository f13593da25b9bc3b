using Microsoft.AspNetCore.Http;
using Resultity.Gateway.Auth;
using Resultity.Gateway.Http.Idempotency;
using Resultity.Serving.Admission;

namespace Resultity.Gateway.Http;

/// <summary>What the gateway knows of the HTTP request at hand beside ASP.NET's own features.</summary>
internal sealed class GatewayRequest(string id, long startedAt)
{
    /// <summary>The identifier sent as <c>x-request-id</c>; always the gateway's own.</summary>
    public string Id { get; private set; } = id;

    /// <summary>Timestamp of the gateway's clock at which the request's head had arrived.</summary>
    public long StartedAt { get; } = startedAt;

    /// <summary>The subcloud in the URL; <see langword="null"/> means the main cloud.</summary>
    public string? Subcloud { get; set; }

    /// <summary>Who asks, in the cloud that is asked; <see langword="null"/> on routes that require no scope.</summary>
    public Caller? Caller { get; set; }

    /// <summary>The API key that was presented and is valid; <see langword="null"/> on routes that ask for none.</summary>
    public Credential? Credential { get; set; }

    /// <summary>The request's work under an idempotency key; <see langword="null"/> if it has none.</summary>
    public KeyedWork? Keyed { get; set; }

    /// <summary>The identifier of what a request under an idempotency key makes: the same in a run that takes over from one that a crash ended. <see langword="null"/> without a key.</summary>
    /// <param name="prefix">The kind of what is made.</param>
    public string? WantedId(string prefix) => Keyed is null ? null : Contracts.Values.Id.Twin(prefix, Id);

    /// <summary>Gives the request the identifier of an earlier one that it goes on with. Nothing may have been sent before.</summary>
    public void Adopt(HttpContext context, string earlier)
    {
        Id = earlier;
        context.Response.Headers[HeaderNames.RequestId] = earlier;
    }
}

/// <summary>The gateway's own features of a request.</summary>
internal static class GatewayRequestFeatures
{
    extension(HttpContext context)
    {
        /// <summary>The gateway's view of this request.</summary>
        public GatewayRequest GatewayRequest =>
            context.Features.Get<GatewayRequest>() ?? throw new InvalidOperationException("The gateway's edge is not in this request's pipeline.");

        /// <summary>The identifier sent as <c>x-request-id</c>.</summary>
        public string RequestId => context.GatewayRequest.Id;

        /// <summary>Who asks. Only on routes that require a scope.</summary>
        public Caller Caller =>
            context.GatewayRequest.Caller ?? throw new InvalidOperationException("This route does not require a scope, so it has no caller.");
    }
}
