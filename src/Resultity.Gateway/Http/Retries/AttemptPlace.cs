using System.IO.Hashing;
using Microsoft.AspNetCore.Http;

namespace Resultity.Gateway.Http.Retries;

/// <summary>What an attempt and its retries have in common.</summary>
/// <param name="KeyId">The API key, so that a client who makes bodies collide finds nobody's answers but its own.</param>
/// <param name="Route">The path that was called.</param>
/// <param name="Body">A digest of the body.</param>
internal readonly record struct AttemptPlace(string KeyId, string Route, UInt128 Body)
{
    public static AttemptPlace Of(HttpContext context, ReadOnlyMemory<byte> body) =>
        new(context.Caller.KeyId, context.Request.PathBase.Add(context.Request.Path), XxHash128.HashToUInt128(body.Span));
}
