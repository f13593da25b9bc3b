using Resultity.Contracts.Values;
using Resultity.Serving.Pipeline;

namespace Resultity.Gateway.Responses;

/// <summary>Starts responses in the pipeline. Where the client allows it, the oldest turns of a conversation that the model has no room for are left out.</summary>
internal sealed class ResponseStart(InferencePipeline pipeline, ResponseIntake intake)
{
    /// <summary>Each try leaves out half of the turns, so this many are enough for any conversation that a body can hold.</summary>
    private const int MostTries = 20;

    /// <summary>Starts a response.</summary>
    /// <param name="prepared">The response.</param>
    /// <param name="observe">Told of each request that goes through the pipeline, before it does.</param>
    /// <param name="cancellation">Stops it in whatever state it is.</param>
    /// <returns>The answer, which the caller disposes of, or why there is none, in the words of a response request.</returns>
    public async ValueTask<Outcome<InferenceAnswer>> StartAsync(PreparedResponse prepared, Action<InferenceRequest>? observe, CancellationToken cancellation)
    {
        var request = prepared.Chat;
        var conversation = prepared.Conversation;
        for (var tries = 0; ; tries++)
        {
            observe?.Invoke(request);
            var outcome = await pipeline.StartAsync(request, cancellation);
            if (outcome.TryGet(out var stream, out var fault))
            {
                return stream;
            }

            if (!prepared.State.Request.TruncatesInput || tries == MostTries || !IsOverflow(fault)
                || ConversationCut.Shorten(conversation) is not { } shorter
                || !intake.WriteChat(prepared.State.Request, shorter, prepared.Envelope).TryGet(out request, out _))
            {
                return ResponseFaults.OfChat(fault);
            }

            conversation = shorter;
        }
    }

    private static bool IsOverflow(Fault fault) => fault.Code is "context_length_exceeded";
}
