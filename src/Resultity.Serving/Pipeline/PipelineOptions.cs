namespace Resultity.Serving.Pipeline;

/// <summary>Limits of a request's life.</summary>
public sealed class PipelineOptions
{
    /// <summary>How long a request may take, queueing included, when it names no deadline itself.</summary>
    /// <value>30 minutes.</value>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>On how many nodes a request is tried at most, before and after its first byte together.</summary>
    /// <value>4.</value>
    public int MaxAttempts { get; set; } = 4;

    /// <summary>The largest whole answer that is taken from a node, in bytes.</summary>
    /// <value>64 MiB.</value>
    public int MaxAnswerBytes { get; set; } = 64 << 20;

    /// <summary>The largest single event that is taken from a node, in bytes.</summary>
    /// <value>1 MiB.</value>
    public int MaxEventBytes { get; set; } = 1 << 20;

    /// <summary>The same for endpoints whose events carry pictures or sound.</summary>
    /// <value>32 MiB.</value>
    public int MaxMediaEventBytes { get; set; } = 32 << 20;
}
