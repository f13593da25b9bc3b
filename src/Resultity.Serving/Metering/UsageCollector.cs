using Resultity.Contracts.Values;
using Resultity.Serving.Pipeline;

namespace Resultity.Serving.Metering;

/// <summary>Gathers what the attempts of one durable request used, so that it is recorded in the transaction that records the result.</summary>
/// <remarks>Set as <see cref="InferenceRequest.Recorder"/> before the request is started. All is gathered once the request's stream is disposed of.</remarks>
public sealed class UsageCollector : IUsageRecorder
{
    private readonly Lock _gate = new();
    private UsageEntry[] _entries = [];

    /// <summary>The attempts so far.</summary>
    public IReadOnlyList<UsageEntry> Entries
    {
        get
        {
            lock (_gate)
            {
                return _entries;
            }
        }
    }

    /// <summary>What they used together.</summary>
    public Usage Total => Entries.Aggregate(default(Usage), static (sum, entry) => sum + entry.Usage);

    /// <inheritdoc/>
    public void Record(in UsageEntry entry)
    {
        lock (_gate)
        {
            _entries = [.. _entries, entry];
        }
    }

    /// <summary>Gives the attempts to another recorder as failed ones that cost nothing: their result was not recorded.</summary>
    public void PassUncharged(IUsageRecorder recorder)
    {
        ArgumentNullException.ThrowIfNull(recorder);
        foreach (var entry in Entries)
        {
            recorder.Record(entry with { Usage = default, Failed = true });
        }
    }
}
