using Resultity.Contracts.Values;

namespace Resultity.Serving.Multimodel.Members;

/// <summary>A model that was asked before the one that answered, and why it did not.</summary>
internal sealed record FailedModel(string Model, Fault Reason);
