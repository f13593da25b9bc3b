using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Resultity.Configuration;

namespace Resultity.Hosting;

/// <summary>Where the hosts' log lines go: to standard error, so that standard output stays for results.</summary>
internal sealed class HostLogging(SettingValues settings)
{
    private volatile bool _started;

    /// <summary>From now on failures of hosted services are logged. Before, the verb tells them in one sentence.</summary>
    public void Started() => _started = true;

    public void Configure(ILoggingBuilder logging)
    {
        var level = settings.RequiredText("log.level") switch
        {
            "trace" => LogLevel.Trace,
            "debug" => LogLevel.Debug,
            "information" => LogLevel.Information,
            "error" => LogLevel.Error,
            "none" => LogLevel.None,
            _ => LogLevel.Warning,
        };
        var json = settings.RequiredText("log.format") == "json";
        logging.ClearProviders();
        logging.SetMinimumLevel(level);
        // The framework's own lines per request would be the hot path's main cost, and say less than ours.
        logging.AddFilter("Microsoft", level < LogLevel.Warning ? LogLevel.Warning : level);
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", at => _started ? at >= level && at >= LogLevel.Warning : at >= LogLevel.Critical);
        logging.AddFilter("System.Net.Http", level < LogLevel.Warning ? LogLevel.Warning : level);
        if (json)
        {
            logging.AddJsonConsole(console =>
            {
                console.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
                console.UseUtcTimestamp = true;
            });
        }
        else
        {
            logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.TimestampFormat = "HH:mm:ss ";
                console.ColorBehavior = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) ? LoggerColorBehavior.Default : LoggerColorBehavior.Disabled;
            });
        }

        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }
}
