using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Resultity.Configuration;

namespace Resultity.Hosting;

/// <summary>Where the hosts' log lines go: to standard error, so that standard output stays for results.</summary>
internal static class HostLogging
{
    public static Action<ILoggingBuilder> Of(SettingValues settings)
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
        return logging =>
        {
            logging.ClearProviders();
            logging.SetMinimumLevel(level);
            // The framework's own lines per request would be the hot path's main cost, and say less than ours.
            logging.AddFilter("Microsoft", level < LogLevel.Warning ? LogLevel.Warning : level);
            // A start that fails is told by the verb, in one sentence.
            logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
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
        };
    }
}
