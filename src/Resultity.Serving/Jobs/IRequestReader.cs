using Resultity.Contracts.Values;
using Resultity.Serving.Admission;
using Resultity.Serving.Pipeline;

namespace Resultity.Serving.Jobs;

/// <summary>Bytes that were, or are to be, a request: what is needed to read and validate them.</summary>
/// <param name="Id">The identifier of the request.</param>
/// <param name="Endpoint">The path of the endpoint.</param>
/// <param name="ContentType">The content type of the body.</param>
/// <param name="Body">The client's bytes; they stay unchanged as long as the request that is read from them is in use.</param>
/// <param name="Caller">Who asks.</param>
public sealed record StoredRequest(string Id, string Endpoint, string ContentType, ReadOnlyMemory<byte> Body, Caller Caller)
{
    /// <summary>After this instant the request is given up.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>Which queue it waits in.</summary>
    public Priority Priority { get; init; } = Priority.Background;
}

/// <summary>Turns bytes into a validated request, by the same rules for every request type.</summary>
/// <remarks>Safe for concurrent use. Reads no more of the body than it must, and keeps a reference to it.</remarks>
public interface IRequestReader
{
    /// <summary>Reads and validates. An unknown endpoint is a fault as well.</summary>
    Outcome<InferenceRequest> Read(StoredRequest request);
}
