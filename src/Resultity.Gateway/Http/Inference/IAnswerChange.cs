using Microsoft.AspNetCore.Http;

namespace Resultity.Gateway.Http.Inference;

/// <summary>Changes whole answers on their way to a client where only the gateway can do it, such as links to images.</summary>
internal interface IAnswerChange
{
    /// <summary>Whether this answer is to be changed; looks at its first bytes only.</summary>
    bool Wants(ReadOnlySpan<byte> answer);

    /// <summary>The content type of a changed answer.</summary>
    string ContentType => "application/json";

    /// <summary>The changed answer.</summary>
    ValueTask<ReadOnlyMemory<byte>> ChangeAsync(HttpContext context, ReadOnlyMemory<byte> answer);
}
