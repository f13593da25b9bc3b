using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Resultity.Serving.Telemetry;
using Xunit;
using static Resultity.Serving.Tests.Pipeline.PipelineHarness;
using static Resultity.Serving.Tests.Pipeline.ScriptedExchange;

namespace Resultity.Serving.Tests.Pipeline;

public sealed class TelemetryTests
{
    [Fact]
    public async Task The_client_s_trace_goes_on_through_the_request_and_each_attempt_to_the_node()
    {
        var ended = new ConcurrentBag<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == ServingTelemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = ended.Add,
        };
        ActivitySource.AddActivityListener(listener);
        var harness = new PipelineHarness();
        var trace = ActivityTraceId.CreateRandom();
        var failed = false;
        foreach (var id in (string[])["a", "b"])
        {
            harness.Node(id, () =>
            {
                var first = !failed;
                failed = true;
                return first ? Lost : Events(Chunk("x", finish: "stop"), Usage(3, 1), "[DONE]").End();
            });
        }

        var request = Chat(stream: true, traceParent: $"00-{trace}-00f067aa0ba902b7-01");
        (await harness.Pipeline.StartAsync(request, default)).TryGet(out var stream, out _);
        await ReadAllAsync(stream!);
        await stream!.DisposeAsync();

        var mine = ended.Where(activity => activity.TraceId == trace).ToList();
        var whole = Assert.Single(mine, activity => activity.OperationName == "chat m");
        var attempts = mine.Where(activity => activity.OperationName == "attempt").ToList();
        Assert.Equal(2, attempts.Count);
        Assert.All(attempts, attempt => Assert.Equal(whole.SpanId, attempt.ParentSpanId));
        Assert.Equal(attempts.Select(attempt => attempt.Id).Order(), harness.Fleet.Sent.Select(sent => sent.Order.TraceParent).Order());
        Assert.Equal(3L, whole.GetTagItem("gen_ai.usage.input_tokens"));
    }

    [Fact]
    public async Task Durations_first_tokens_and_outcomes_are_measured()
    {
        var seen = new ConcurrentBag<(string Name, object? Error)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, meter) =>
            {
                if (instrument.Meter.Name == ServingTelemetry.Name)
                {
                    meter.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, _, tags, _) =>
        {
            var values = tags.ToArray().ToDictionary(tag => tag.Key, tag => tag.Value);
            if (values.GetValueOrDefault("gen_ai.request.model") is "telemetry-model")
            {
                seen.Add((instrument.Name, values.GetValueOrDefault("error.type")));
            }
        });
        listener.Start();
        var harness = new PipelineHarness();
        harness.Fleet.Nodes["a"] = (_, _) => new(Events(Chunk("x"), Chunk("y", finish: "stop"), Usage(3, 2), "[DONE]").End());
        harness.Dispatcher.NodeIsUp("a", null, [Scheduling.Fixtures.Offer("telemetry-model")]);

        (await harness.Pipeline.StartAsync(Chat(stream: true, model: "telemetry-model"), default)).TryGet(out var stream, out _);
        await ReadAllAsync(stream!);
        await stream!.DisposeAsync();

        Assert.Equal(
            ["gen_ai.server.request.duration", "gen_ai.server.time_per_output_token", "gen_ai.server.time_to_first_token"],
            seen.Where(entry => entry.Error is null).Select(entry => entry.Name).Order());
    }
}
