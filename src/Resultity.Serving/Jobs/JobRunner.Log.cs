using Microsoft.Extensions.Logging;
using Resultity.Serving.Stores;

namespace Resultity.Serving.Jobs;

public sealed partial class JobRunner
{
    [LoggerMessage(2101, LogLevel.Information, "{Count} requests that were interrupted are run again")]
    private partial void LogRecoveredCount(int count);

    [LoggerMessage(2102, LogLevel.Error, "The storage failed; requests wait until it works again")]
    private protected override partial void LogStorageFailed(StorageException exception);

    [LoggerMessage(2103, LogLevel.Error, "How request {Id} ended could not be recorded")]
    private partial void LogNotRecorded(Exception exception, string id);

    [LoggerMessage(2104, LogLevel.Error, "Request {Id} of kind {Kind} failed with an unhandled exception")]
    private partial void LogKindFailed(Exception exception, string id, string kind);

    [LoggerMessage(2105, LogLevel.Error, "What is stored of request {Id} is damaged; it ends with a fault")]
    private partial void LogDamaged(Exception exception, string id);

    private void LogRecovered(int count)
    {
        if (count > 0)
        {
            LogRecoveredCount(count);
        }
    }
}
