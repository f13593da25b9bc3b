using System.Text.Json;
using Resultity.Serving.Jobs;
using Resultity.Serving.Pipeline;

namespace Resultity.Gateway.Responses;

/// <summary>A response that can be run: its state, the chat completion that answers it, and what is stored as its input.</summary>
/// <param name="State">The response before it has an answer.</param>
/// <param name="Chat">The request that goes through the pipeline.</param>
/// <param name="Conversation">All items that the model sees, those of earlier responses included, oldest first.</param>
/// <param name="InputItems">The same as a JSON array, as it is stored.</param>
/// <param name="Envelope">The request as it came; its body may be gone.</param>
internal sealed record PreparedResponse(
    ResponseState State, InferenceRequest Chat, IReadOnlyList<JsonElement> Conversation, ReadOnlyMemory<byte> InputItems, StoredRequest Envelope)
{
    /// <summary>Whose the response is.</summary>
    public string Namespace => Envelope.Caller.Namespace;
}
