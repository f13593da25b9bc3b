using Resultity.Serving.Metering;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Http.Idempotency;

/// <summary>A request that is computed under an idempotency key.</summary>
internal sealed class KeyedWork(KeyClaim claim)
{
    /// <summary>Takes what the request uses, to be recorded with its answer. Set as the pipeline request's recorder.</summary>
    public UsageCollector Usage { get; } = new();

    /// <summary>Whether an earlier run of this request ended without a trace of its answer. The request has that run's identifier, so that what it made durable is found.</summary>
    public bool IsTakeover => claim.IsTakeover;

    /// <summary>The answer looks whole and is not, or it is to be computed anew for another reason: it is not kept.</summary>
    public bool IsSpoilt { get; set; }
}
