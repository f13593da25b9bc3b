using Microsoft.AspNetCore.Http;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Http.Inference;

/// <summary>Changes JSON bodies before they are checked, where only the gateway can do it, such as files that a client has uploaded before.</summary>
internal interface IBodyChange
{
    /// <summary>Whether this body may have something to change; looks for a few bytes only.</summary>
    bool Wants(InferenceEndpoint endpoint, ReadOnlySpan<byte> body);

    /// <summary>The changed body, or why it is refused. A body that is no JSON comes back as it is.</summary>
    ValueTask<Outcome<ReadOnlyMemory<byte>>> ChangeAsync(HttpContext context, ReadOnlyMemory<byte> body);
}
