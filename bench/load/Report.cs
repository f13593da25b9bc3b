using System.Globalization;
using System.Text;
using System.Text.Json;
using HdrHistogram;

namespace Resultity.Load;

/// <summary>Writes down what was measured; times in milliseconds.</summary>
internal static class Report
{
    private static readonly (string Name, double Percentile)[] s_percentiles = [("p50", 50), ("p90", 90), ("p99", 99), ("p999", 99.9)];

    public static string Json(LoadOptions options, Loader loader)
    {
        var tally = loader.Tally;
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteString("url", options.Url);
            json.WriteString("mode", (options.Rate > 0 ? "open" : "closed") + (options.Stream ? "-stream" : "-json"));
            json.WriteNumber("connections", options.Connections);
            if (options.Rate > 0) json.WriteNumber("rate", options.Rate);
            json.WriteNumber("seconds", Math.Round(loader.Seconds, 3));
            json.WriteNumber("good", tally.Good);
            json.WriteNumber("bad", tally.Errors.Values.Sum());
            json.WriteNumber("per_second", Math.Round(tally.GoodInTime / loader.Seconds, 1));
            Write(json, "latency_ms", tally.Latency);
            if (options.Stream)
            {
                json.WriteNumber("events_per_second", Math.Round(tally.EventsInTime / loader.Seconds, 1));
                Write(json, "first_chunk_ms", tally.FirstChunk);
                Write(json, "gap_ms", tally.Gap);
            }

            if (options.Rate > 0) json.WriteNumber("late_starts", tally.Late);
            Write(json, "refused_ms", tally.Refused);
            json.WriteNumber("refused_without_retry_after", tally.RefusedWithoutRetryAfter);
            json.WriteNumber("megabytes", Math.Round(tally.Bytes / 1e6, 1));
            json.WriteStartObject("errors");
            foreach (var (kind, count) in tally.Errors) json.WriteNumber(kind, count);
            json.WriteEndObject();
            if (tally.FirstWrong is not null) json.WriteString("first_wrong", tally.FirstWrong);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    public static string Text(LoadOptions options, Loader loader)
    {
        var tally = loader.Tally;
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"{options.Url}, {options.Connections} connections, {loader.Seconds:0.0} s{(options.Rate > 0 ? $", {options.Rate}/s" : "")}");
        text.AppendLine(CultureInfo.InvariantCulture, $"{tally.GoodInTime / loader.Seconds:0.0} good answers/s ({tally.Good} in all), {tally.Bytes / 1e6:0.0} MB in");
        Line("latency", tally.Latency);
        if (options.Stream)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{tally.EventsInTime / loader.Seconds:0} events/s");
            Line("first chunk", tally.FirstChunk);
            Line("gap", tally.Gap);
        }

        Line("refused", tally.Refused);
        foreach (var (kind, count) in tally.Errors) text.AppendLine(CultureInfo.InvariantCulture, $"error {kind}: {count}");
        if (tally.FirstWrong is not null) text.AppendLine(tally.FirstWrong);
        return text.ToString();

        void Line(string name, LongHistogram histogram)
        {
            if (histogram.TotalCount == 0) return;
            text.Append(CultureInfo.InvariantCulture, $"{name,-12}");
            foreach (var (label, percentile) in s_percentiles) text.Append(CultureInfo.InvariantCulture, $" {label} {At(histogram, percentile):0.000}");
            text.AppendLine(CultureInfo.InvariantCulture, $" max {histogram.GetMaxValue() / 1000.0:0.000} ms");
        }
    }

    private static double At(LongHistogram histogram, double percentile) => histogram.GetValueAtPercentile(percentile) / 1000.0;

    private static void Write(Utf8JsonWriter json, string name, LongHistogram histogram)
    {
        if (histogram.TotalCount == 0) return;
        json.WriteStartObject(name);
        json.WriteNumber("count", histogram.TotalCount);
        json.WriteNumber("mean", Math.Round(histogram.GetMean() / 1000, 3));
        foreach (var (label, percentile) in s_percentiles) json.WriteNumber(label, At(histogram, percentile));
        json.WriteNumber("max", histogram.GetMaxValue() / 1000.0);
        json.WriteEndObject();
    }
}
