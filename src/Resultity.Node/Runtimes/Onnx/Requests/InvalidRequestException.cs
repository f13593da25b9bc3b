using Resultity.Contracts.Values;

namespace Resultity.Node.Runtimes.Onnx.Requests;

/// <summary>The request is wrong; the fault is what its sender is told.</summary>
internal sealed class InvalidRequestException(Fault fault) : Exception(fault.Message)
{
    public InvalidRequestException(string message, string? param, string code = "invalid_value") : this(Fault.Invalid(message, param, code)) { }

    public Fault Fault => fault;
}
