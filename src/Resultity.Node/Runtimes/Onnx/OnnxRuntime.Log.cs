using Microsoft.Extensions.Logging;

namespace Resultity.Node.Runtimes.Onnx;

public sealed partial class OnnxRuntime
{
    [LoggerMessage(4101, LogLevel.Error, "The model {Model} could not be loaded")]
    private partial void LogLoadFailed(string model, Exception error);
}
