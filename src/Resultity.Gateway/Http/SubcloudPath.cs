using Microsoft.AspNetCore.Http;
using Resultity.Serving.Subclouds;

namespace Resultity.Gateway.Http;

/// <summary>Takes <c>/subclouds/{name}</c> off the path of a request to <c>/subclouds/{name}/v1/…</c>, so that every route there is serves subclouds too.</summary>
/// <remarks>Before routing. The prefix becomes the path base, which the URLs in answers begin with. Whether the caller may enter is decided with its key.</remarks>
internal sealed class SubcloudPath(RequestDelegate next)
{
    /// <summary>Where subclouds are.</summary>
    public const string Prefix = "/subclouds";

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (request.Path.StartsWithSegments(Prefix, StringComparison.Ordinal, out var rest) && rest.Value is ['/', .. var named])
        {
            var end = named.IndexOf('/', StringComparison.Ordinal);
            if (end > 0 && named[..end] is var name && Subcloud.IsName(name) && new PathString(named[end..]) is var inside && inside.StartsWithSegments("/v1", StringComparison.Ordinal))
            {
                request.PathBase = request.PathBase.Add($"{Prefix}/{name}");
                request.Path = inside;
                context.GatewayRequest.Subcloud = name;
            }
        }

        return next(context);
    }
}
