using Microsoft.Extensions.Logging;

namespace Resultity.Serving.Metering;

public sealed partial class UsageMeter
{
    [LoggerMessage(1101, LogLevel.Warning, "{Rows} rows of usage could not be written; they are kept and tried again")]
    private partial void LogNotWritten(Exception exception, int rows);
}
