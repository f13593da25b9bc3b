using Resultity.Contracts.Values;
using Resultity.Serving.Batches;

namespace Resultity.Gateway.Http;

/// <summary>Faults in the results of batches look as they do in answers.</summary>
internal sealed class FaultForm : IFaultForm
{
    /// <inheritdoc/>
    public (int Status, ReadOnlyMemory<byte> Body) Of(Fault fault) => (FaultStatus.Of(fault.Kind).Status, FaultJson.ToBytes(fault));
}
