using Resultity.Contracts.Values;

namespace Resultity.Serving.Batches;

/// <summary>What a fault looks like to a client: the HTTP status and the error body. Safe for concurrent use.</summary>
public interface IFaultForm
{
    /// <summary>The status and the body, which is JSON without line breaks.</summary>
    (int Status, ReadOnlyMemory<byte> Body) Of(Fault fault);
}
