using System.Text.Json;
using Microsoft.Extensions.Options;
using Resultity.Contracts.Values;
using Resultity.Serving.Jobs;
using Resultity.Serving.Pipeline;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Responses;

/// <summary>Makes a response that can be run of what was asked: finds the conversation that it continues, and writes the chat completion.</summary>
internal sealed class ResponseIntake(ResponseArchive archive, IRequestReader chat, IOptions<ResponseOptions> options, TimeProvider time)
{
    /// <summary>Prepares a response.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="envelope">The request as it came: its identifier, who asks, in which queue, until when. Its body is not looked at.</param>
    /// <param name="cancellation">Ends the wait for the store.</param>
    public async ValueTask<Outcome<PreparedResponse>> PrepareAsync(ResponseRequest request, StoredRequest envelope, CancellationToken cancellation)
    {
        var id = ResponseIds.OfRequest(envelope.Id);
        var owner = envelope.Caller.Namespace;
        IReadOnlyList<JsonElement> conversation = [];
        if (request.PreviousResponseId is { } previous
            && !(await archive.ReadConversationAsync(owner, previous, request.Model, cancellation)).TryGet(out conversation!, out var fault))
        {
            return fault;
        }

        var input = request.Field("input");
        var referenced = await archive.FindItemsAsync(owner, InputItems.References(input), cancellation);
        if (!InputItems.Normalise(input, id, referenced).TryGet(out var items, out fault))
        {
            return fault;
        }

        conversation = [.. conversation, .. items];
        var stored = ResponseArchive.ToJson(conversation);
        return stored.Length <= options.Value.ConversationLimit
            ? Build(request, new ResponseState(id, request, time.GetUtcNow().ToUnixTimeSeconds()) { InputItemCount = conversation.Count }, conversation, stored, envelope)
            : new Fault(FaultKind.TooLarge, "request_too_large", $"The conversation is larger than this route takes. The limit is {options.Value.ConversationLimit} bytes.", "input");
    }

    /// <summary>Prepares a response again that was prepared and stored before.</summary>
    public Outcome<PreparedResponse> Restore(ResponseRequest request, StoredResponse stored, StoredRequest envelope)
    {
        IReadOnlyList<JsonElement> conversation = [.. JsonElement.Parse(stored.InputItems.Span).EnumerateArray()];
        var state = new ResponseState(stored.Id, request, stored.CreatedAt.ToUnixTimeSeconds()) { InputItemCount = conversation.Count };
        return Build(request, state, conversation, stored.InputItems, envelope);
    }

    /// <summary>Writes the chat completion that answers a conversation, and validates what is passed on to it.</summary>
    public Outcome<InferenceRequest> WriteChat(ResponseRequest request, IReadOnlyList<JsonElement> conversation, StoredRequest envelope)
    {
        if (!ChatBodyWriter.Write(request, conversation, request.Stream).TryGet(out var body, out var fault)
            || !chat.Read(envelope with { Endpoint = InferenceEndpoint.ChatCompletions.Path, ContentType = "application/json", Body = body.Bytes }).TryGet(out var runnable, out fault))
        {
            return ResponseFaults.OfChat(fault);
        }

        return runnable;
    }

    private Outcome<PreparedResponse> Build(
        ResponseRequest request, ResponseState state, IReadOnlyList<JsonElement> conversation, ReadOnlyMemory<byte> stored, StoredRequest envelope) =>
        WriteChat(request, conversation, envelope).TryGet(out var runnable, out var fault)
            ? new PreparedResponse(state, runnable, conversation, stored, envelope)
            : fault;
}
