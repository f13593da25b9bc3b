using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http;
using Resultity.Serving.Admission;

namespace Resultity.Gateway.Auth;

/// <summary>Lets a request through to a route that requires a scope only with a valid API key that has it.</summary>
internal sealed class ApiKeyGate(RequestDelegate next, KeyRing keys, SubcloudAccess subclouds, TimeProvider time)
{
    private const string Scheme = "Bearer ";

    public Task InvokeAsync(HttpContext context)
    {
        var required = context.GetEndpoint()?.Metadata.GetMetadata<RequiredScope>();
        if (required is null)
        {
            return next(context);
        }

        if (!TryReadHash(context, out var hash, out var fault))
        {
            return FaultWriter.WriteAsync(context, fault);
        }

        var found = keys.FindAsync(hash, context.RequestAborted);
        return found.IsCompletedSuccessfully ? DecideAsync(context, required, found.Result) : AwaitAsync(context, required, found);
    }

    private static bool TryReadHash(HttpContext context, out KeyHash hash, [NotNullWhen(false)] out Fault? fault)
    {
        hash = default;
        var headers = context.Request.Headers.Authorization;
        if (headers.Count != 1 || headers[0] is not { Length: > 0 } header)
        {
            fault = AuthFaults.Missing;
            return false;
        }

        if (header.Length <= Scheme.Length || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            fault = AuthFaults.NotBearer;
            return false;
        }

        fault = KeyHash.TryCompute(header.AsSpan(Scheme.Length).Trim(), out hash) ? null : AuthFaults.Unknown;
        return fault is null;
    }

    private async Task AwaitAsync(HttpContext context, RequiredScope required, ValueTask<Credential?> found) =>
        await DecideAsync(context, required, await found);

    private Task DecideAsync(HttpContext context, RequiredScope required, Credential? credential)
    {
        var fault = credential switch
        {
            null => AuthFaults.Unknown,
            { ExpiresAt: { } end } when end <= time.GetUtcNow() => AuthFaults.Expired,
            _ when (credential.Scopes & required.Scope) == 0 => AuthFaults.Lacks(required),
            _ => null,
        };
        var caller = default(Caller);
        if (fault is not null
            || !subclouds.Enter(credential!.Caller, context.GatewayRequest.Subcloud).TryGet(out caller, out fault)
            || (context.GetEndpoint()!.Metadata.GetMetadata<RequiredFeature>() is { } feature && (fault = subclouds.Lacks(caller, feature.Name)) is not null))
        {
            return FaultWriter.WriteAsync(context, fault);
        }

        context.GatewayRequest.Credential = credential;
        context.GatewayRequest.Caller = caller;
        return next(context);
    }
}
