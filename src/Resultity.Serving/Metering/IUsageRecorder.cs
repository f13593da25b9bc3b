using Resultity.Contracts.Values;

namespace Resultity.Serving.Metering;

/// <summary>Takes what every attempt used. Safe for concurrent use; returns at once.</summary>
public interface IUsageRecorder
{
    /// <summary>Notes one attempt.</summary>
    void Record(in UsageEntry entry);
}

/// <summary>What one attempt used.</summary>
/// <param name="Namespace">Who pays.</param>
/// <param name="KeyId">With which key.</param>
/// <param name="Model">For which model.</param>
/// <param name="Endpoint">On which endpoint.</param>
/// <param name="NodeId">Computed where.</param>
/// <param name="Usage">The counts. Failed attempts are charged nothing.</param>
/// <param name="Failed">Whether the attempt failed.</param>
public readonly record struct UsageEntry(
    string Namespace, string KeyId, string Model, InferenceEndpoint Endpoint, string NodeId, Usage Usage, bool Failed);
