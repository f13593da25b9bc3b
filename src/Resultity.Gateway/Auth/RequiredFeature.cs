using Microsoft.AspNetCore.Builder;

namespace Resultity.Gateway.Auth;

/// <summary>Endpoint metadata: the route is there only in subclouds with this feature.</summary>
internal sealed record RequiredFeature(string Name);

/// <summary>Says on a route which feature it needs.</summary>
internal static class RequiredFeatureConvention
{
    extension<TBuilder>(TBuilder builder)
        where TBuilder : IEndpointConventionBuilder
    {
        /// <summary>Asks for a subcloud with a feature; elsewhere the route answers 403 and says where it is.</summary>
        public TBuilder RequireFeature(string feature)
        {
            var required = new RequiredFeature(feature);
            builder.Add(endpoint => endpoint.Metadata.Add(required));
            return builder;
        }
    }
}
