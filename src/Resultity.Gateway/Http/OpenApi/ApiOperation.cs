using Microsoft.AspNetCore.Builder;
using Resultity.Gateway.Http.Forms;
using Resultity.Gateway.Http.Shapes;

namespace Resultity.Gateway.Http.OpenApi;

/// <summary>Endpoint metadata: what the published document says of a route beside its path and method.</summary>
/// <param name="Summary">One sentence.</param>
internal sealed record ApiOperation(string Summary)
{
    /// <summary>What the body looks like.</summary>
    public Shape? Body { get; init; }

    /// <summary>What the body looks like as a form, if it can be one.</summary>
    public FormShape? Form { get; init; }

    /// <summary>What the answer looks like.</summary>
    public Shape? Answer { get; init; }

    /// <summary>Whether the answer can come as server-sent events.</summary>
    public bool Streams { get; init; }
}

/// <summary>Describes a route for the published document.</summary>
internal static class ApiOperationConvention
{
    extension<TBuilder>(TBuilder builder)
        where TBuilder : IEndpointConventionBuilder
    {
        /// <summary>Adds the description of a route.</summary>
        public TBuilder Describe(ApiOperation operation)
        {
            builder.Add(endpoint => endpoint.Metadata.Add(operation));
            return builder;
        }
    }
}
