using HdrHistogram;

namespace Resultity.Load;

/// <summary>What was counted and measured. Times are in microseconds.</summary>
internal sealed class Tally
{
    private const long Longest = 600_000_000;

    /// <summary>Good answers whose request started in the measured time.</summary>
    public long Good { get; set; }

    /// <summary>Good answers that ended in the measured time: the throughput.</summary>
    public long GoodInTime { get; set; }

    /// <summary>Events that came in the measured time.</summary>
    public long EventsInTime { get; set; }
    public long Bytes { get; set; }

    /// <summary>Refusals (429, 503) that did not say when to try again.</summary>
    public long RefusedWithoutRetryAfter { get; set; }

    /// <summary>Requests that an open loop started more than a millisecond late, all connections being in use.</summary>
    public long Late { get; set; }
    public SortedDictionary<string, long> Errors { get; } = new(StringComparer.Ordinal);

    /// <summary>The beginning of the first answer that was wrong.</summary>
    public string? FirstWrong { get; set; }
    public LongHistogram Latency { get; } = New();
    public LongHistogram FirstChunk { get; } = New();

    /// <summary>Between two reads of one stream that brought events.</summary>
    public LongHistogram Gap { get; } = New();
    public LongHistogram Refused { get; } = New();

    public static void Record(LongHistogram histogram, long microseconds) => histogram.RecordValue(Math.Clamp(microseconds, 1, Longest));

    public void Wrong(string kind) => Errors[kind] = Errors.GetValueOrDefault(kind) + 1;

    private static LongHistogram New() => new(Longest, 3);
}
