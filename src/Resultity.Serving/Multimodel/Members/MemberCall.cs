using Resultity.Serving.Pipeline;
using Resultity.Serving.Scheduling;

namespace Resultity.Serving.Multimodel.Members;

/// <summary>How a part of a plan is to be begun.</summary>
/// <param name="Request">What the client asked.</param>
/// <param name="Stream">Whether the answer is wanted as events.</param>
/// <param name="Siblings">The nodes of what runs at the same time; <see langword="null"/> if nothing does.</param>
/// <param name="Cancellation">Stops it in whatever state it is.</param>
internal sealed record MemberCall(InferenceRequest Request, bool Stream, SiblingNodes? Siblings, CancellationToken Cancellation)
{
    /// <summary>What is told where it has got to.</summary>
    public RequestProgress Progress { get; init; } = Request.Progress;
}
