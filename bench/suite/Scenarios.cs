namespace Resultity.Bench;

/// <summary>All scenarios, each with what it must show.</summary>
internal static class Scenarios
{
    private const string Plain = "chunks=12&latency=0&chunk-delay=0";
    private const string Unpaced = "chunks=64&latency=0&chunk-delay=0";
    private const string Paced = "chunks=64&latency=0&chunk-delay=10ms";

    public static readonly Scenario[] All =
    [
        new("json-256", "JSON chat, closed loop, 256 connections", Plain, ["-c", "256"])
        {
            Goals =
            [
                Goal.Least("≥ 0.50 of nginx's requests/s", 0.50, (own, nginx) => own["per_second"] / nginx?["per_second"]),
                Goal.Most("gateway ≤ 40 µs CPU per request", 40, (own, _) => own["cpu_us.gateway"]),
                Goal.Most("node ≤ 40 µs CPU per request", 40, (own, _) => own["cpu_us.node"]),
            ],
        },
        new("json-16", "JSON chat, closed loop, 16 connections", Plain, ["-c", "16"])
        {
            Goals = [Goal.Least("≥ 0.25 of nginx's requests/s", 0.25, (own, nginx) => own["per_second"] / nginx?["per_second"])],
        },
        new("open-2000", "JSON chat, open loop, 2,000 requests/s", Plain, ["-c", "256", "-R", "2000"])
        {
            Goals =
            [
                Goal.Most("p50 ≤ 1.5 ms over nginx's", 1.5, (own, nginx) => own["latency_ms.p50"] - nginx?["latency_ms.p50"]),
                Goal.Most("p99 ≤ 10 ms over nginx's", 10, (own, nginx) => own["latency_ms.p99"] - nginx?["latency_ms.p99"]),
            ],
        },
        new("streams-64", "streams of 64 events without a pause, 64 at a time", Unpaced, ["-c", "64", "-s", "--tokens", "64"])
        {
            Goals = [Goal.Least("≥ 0.85 of nginx's streams/s", 0.85, (own, nginx) => own["per_second"] / nginx?["per_second"])],
        },
        new("paced-1000", "streams of 64 events 10 ms apart, 1,000 at a time", Paced, ["-c", "1000", "-s", "--tokens", "64", "--ramp", "0.6"])
        {
            QuickConnections = 50,
            Goals =
            [
                Goal.Least("≥ 0.85 of nginx's events/s", 0.85, (own, nginx) => own["events_per_second"] / nginx?["events_per_second"]),
                Goal.Most("no lost event, no error", 0, (own, _) => own["bad"]),
            ],
        },
        new("first-chunk-256", "time to the first chunk of streams of 64 events 10 ms apart, 256 at a time", Paced, ["-c", "256", "-s", "--tokens", "64", "--ramp", "0.6"])
        {
            QuickConnections = 32,
            Goals = [Goal.Most("p50 ≤ 5 ms over nginx's", 5, (own, nginx) => own["first_chunk_ms.p50"] - nginx?["first_chunk_ms.p50"])],
        },
        new("idle-10000-streams", "10,000 open streams, an event every 2 s each: memory", "chunks=10&latency=0&chunk-delay=2s",
            ["-c", "10000", "-s", "--tokens", "10", "--ramp", "8", "-t", "120", "--no-drain"])
        {
            QuickConnections = 200,
            Fresh = true,
            Seconds = 20,
            Warmup = 10,
            Rounds = 1,
            // nginx would need two descriptors for each stream, which is more than many machines allow a process.
            Targets = ["stub", "resultity"],
            Goals =
            [
                Goal.Most("gateway ≤ 30 KB a stream", 30, (own, _) => own["kb_per_connection.gateway"]),
                Goal.Most("no error", 0, (own, _) => own["bad"]),
            ],
        },
        new("overload", "three times what the node's 32 slots can serve, open loop", "chunks=12&latency=50ms&chunk-delay=0", ["-c", "4000", "-R", "2000", "-t", "60"])
        {
            QuickConnections = 400,
            Fresh = true,
            Slots = 32,
            Targets = ["resultity"],
            Goals =
            [
                Goal.Most("refusals within 50 ms (p99)", 50, (own, _) => own["refused_ms.p99"]),
                Goal.Most("every refusal has retry-after", 0, (own, _) => own["refused_without_retry_after"]),
            ],
        },
        new("idle-memory", "memory after the start, before any request", Plain, [])
        {
            Fresh = true,
            Rounds = 1,
            Goals =
            [
                Goal.Most("gateway ≤ 100 MB", 100, (own, _) => own["idle_mb.gateway"]),
                Goal.Most("node without a model ≤ 80 MB", 80, (own, _) => own["idle_mb.node"]),
            ],
        },
    ];
}
