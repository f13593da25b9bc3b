using Microsoft.Extensions.Logging;

namespace Resultity.Node.Runtimes.OpenAi;

public sealed partial class OpenAiRuntime
{
    [LoggerMessage(4101, LogLevel.Information, "The upstream {Url} is there, with {Count} models to serve")]
    private partial void LogThere(Uri url, int count);

    [LoggerMessage(4102, LogLevel.Warning, "The upstream {Url} cannot serve: {Reason}")]
    private partial void LogGone(Uri url, string reason);
}
