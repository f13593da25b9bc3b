using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http.Shapes;

namespace Resultity.Gateway.Http.Bodies;

/// <summary>Reads and checks the JSON object of a request that is no inference request.</summary>
internal static class JsonObjectBody
{
    /// <summary>Reads the object.</summary>
    /// <param name="context">The HTTP request.</param>
    /// <param name="shape">What the object looks like.</param>
    /// <param name="limit">The largest body, in bytes.</param>
    /// <returns>The object, which keeps no reference to the request, or what is wrong.</returns>
    public static async ValueTask<Outcome<JsonElement>> ReadAsync(HttpContext context, ObjectShape shape, int limit)
    {
        if (!(await JsonBodyReader.ReadAsync(context, limit)).TryGet(out var body, out var fault))
        {
            return fault;
        }

        using (body)
        {
            return BodyScan.Check(body.Memory.Span, shape) is { } wrong ? wrong : JsonElement.Parse(body.Memory.Span);
        }
    }
}
