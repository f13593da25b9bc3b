namespace Resultity.Serving.Idempotency;

/// <summary>How answers are kept by their idempotency key.</summary>
public sealed class IdempotencyOptions
{
    /// <summary>How long a key and its answer are kept, from the first request on.</summary>
    /// <value>24 hours.</value>
    public TimeSpan KeepFor { get; set; } = TimeSpan.FromHours(24);

    /// <summary>How long a claim holds without being renewed; it is renewed at a third of this.</summary>
    /// <value>30 seconds.</value>
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The largest answer that can be given under a key, in bytes.</summary>
    /// <value>96 MiB: more than the largest answer of a node.</value>
    public int MaxAnswerBytes { get; set; } = 96 << 20;
}
