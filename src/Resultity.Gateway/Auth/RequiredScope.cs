using Microsoft.AspNetCore.Builder;

namespace Resultity.Gateway.Auth;

/// <summary>Endpoint metadata: the caller needs an API key with this scope.</summary>
internal sealed record RequiredScope(ApiScopes Scope)
{
    /// <summary>The scope's name on the wire.</summary>
    public string Name { get; } = Scope.ToString().ToLowerInvariant();
}

/// <summary>Says on a route which scope it needs.</summary>
internal static class RequiredScopeConvention
{
    extension<TBuilder>(TBuilder builder)
        where TBuilder : IEndpointConventionBuilder
    {
        /// <summary>Asks for an API key with a scope; the caller is then known to the route.</summary>
        public TBuilder RequireScope(ApiScopes scope)
        {
            var required = new RequiredScope(scope);
            builder.Add(endpoint => endpoint.Metadata.Add(required));
            return builder;
        }
    }
}
