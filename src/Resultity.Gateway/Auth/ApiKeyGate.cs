using Microsoft.AspNetCore.Http;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http;

namespace Resultity.Gateway.Auth;

/// <summary>Lets a request through to a route that requires a scope only with a valid API key that has it.</summary>
internal sealed class ApiKeyGate(RequestDelegate next, KeyRing keys, TimeProvider time)
{
    private const string Scheme = "Bearer ";

    public Task InvokeAsync(HttpContext context)
    {
        var required = context.GetEndpoint()?.Metadata.GetMetadata<RequiredScope>();
        if (required is null)
        {
            return next(context);
        }

        var fault = Check(context, required);
        return fault is null ? next(context) : FaultWriter.WriteAsync(context, fault);
    }

    private Fault? Check(HttpContext context, RequiredScope required)
    {
        var headers = context.Request.Headers.Authorization;
        if (headers.Count != 1 || headers[0] is not { Length: > 0 } header)
        {
            return AuthFaults.Missing;
        }

        if (header.Length <= Scheme.Length || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return AuthFaults.NotBearer;
        }

        if (!KeyHash.TryCompute(header.AsSpan(Scheme.Length).Trim(), out var hash) || keys.Find(hash) is not { } credential)
        {
            return AuthFaults.Unknown;
        }

        if (credential.ExpiresAt is { } end && end <= time.GetUtcNow())
        {
            return AuthFaults.Expired;
        }

        if ((credential.Scopes & required.Scope) == 0)
        {
            return AuthFaults.Lacks(required);
        }

        context.GatewayRequest.Credential = credential;
        return null;
    }
}
