using Resultity.Serving.Pipeline;

namespace Resultity.Gateway.Responses;

/// <summary>A response that can be run: its state, the chat completion that answers it, and what is stored as its input.</summary>
/// <param name="State">The response before it has an answer.</param>
/// <param name="Chat">The request that goes through the pipeline.</param>
/// <param name="InputItems">All items that the model sees, those of earlier responses included, as a JSON array.</param>
internal sealed record PreparedResponse(ResponseState State, InferenceRequest Chat, ReadOnlyMemory<byte> InputItems)
{
    /// <summary>Whose the response is.</summary>
    public string Namespace => Chat.Caller.Namespace;
}
