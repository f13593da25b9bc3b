namespace Resultity.Serving.Batches;

/// <summary>How batches are checked and run.</summary>
public sealed class BatchOptions
{
    /// <summary>The most lines of a batch.</summary>
    /// <value>50,000.</value>
    public int MaxLines { get; set; } = 50_000;

    /// <summary>The longest line, in bytes.</summary>
    /// <value>8,388,608 (8 MiB).</value>
    public int MaxLineBytes { get; set; } = 8 << 20;

    /// <summary>The most mistakes of an input that are told.</summary>
    /// <value>100.</value>
    public int MaxErrors { get; set; } = 100;

    /// <summary>How many batches of one namespace may be unfinished at a time; more are refused.</summary>
    /// <value>1000.</value>
    public int MaxUnfinished { get; set; } = 1000;

    /// <summary>How many batches this process runs at the same time at most. The others wait.</summary>
    /// <value>64.</value>
    public int MaxRunning { get; set; } = 64;

    /// <summary>Which part of a model's slots the lines of all batches together may take; at least one slot.</summary>
    /// <value>0.75: the rest is left to interactive requests, which need not wait for a line to end.</value>
    public double SlotShare { get; set; } = 0.75;

    /// <summary>The most memory that the lines that run take together, in bytes. A line larger than what is left waits.</summary>
    /// <value>67,108,864 (64 MiB).</value>
    public long MaxLineMemory { get; set; } = 64L << 20;

    /// <summary>How often a line is tried anew whose nodes all failed it, beside the pipeline's own retries.</summary>
    /// <value>5.</value>
    public int MaxTries { get; set; } = 5;

    /// <summary>How long finished batches can be looked at.</summary>
    /// <value>30 days.</value>
    public TimeSpan KeepFor { get; set; } = TimeSpan.FromDays(30);

    /// <summary>The longest window that a client may ask for.</summary>
    /// <value>7 days.</value>
    public TimeSpan LongestWindow { get; set; } = TimeSpan.FromDays(7);
}
