using System.Buffers;
using System.Text.Json;
using Microsoft.Extensions.Options;
using Resultity.Contracts.Values;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Responses;

/// <summary>Stored responses, and the conversations that they make up.</summary>
/// <remarks>
/// Each response is stored with everything that the model saw, so a conversation is continued with one read, and deleting an earlier
/// response takes nothing from a later one.
/// </remarks>
internal sealed class ResponseArchive(IResponseStore store, IOptions<ResponseOptions> options, TimeProvider time)
{
    /// <summary>Stores a response as it stands.</summary>
    public ValueTask PutAsync(PreparedResponse prepared, CancellationToken cancellation)
    {
        var created = DateTimeOffset.FromUnixTimeSeconds(prepared.State.CreatedAt);
        return store.PutAsync(
            new StoredResponse
            {
                Id = prepared.State.Id,
                Namespace = prepared.Namespace,
                CreatedAt = created,
                ExpiresAt = created + options.Value.Retention,
                Object = prepared.State.ToJson(),
                InputItems = prepared.InputItems,
            },
            cancellation);
    }

    /// <summary>Stores a response with another object than before.</summary>
    public ValueTask PutAsync(StoredResponse response, CancellationToken cancellation) => store.PutAsync(response, cancellation);

    /// <summary>Finds a response of a namespace.</summary>
    public ValueTask<StoredResponse?> FindAsync(string owner, string id, CancellationToken cancellation) =>
        ResponseIds.IsResponse(id) ? store.GetAsync(owner, id, time.GetUtcNow(), cancellation) : default;

    /// <summary>Deletes a response of a namespace.</summary>
    public ValueTask<bool> DeleteAsync(string owner, string id, CancellationToken cancellation) =>
        ResponseIds.IsResponse(id) ? store.DeleteAsync(owner, id, cancellation) : new(false);

    /// <summary>Everything up to and with the answer of a response. Where several models answered, one's answer is gone on from.</summary>
    /// <param name="owner">The namespace.</param>
    /// <param name="id">The response.</param>
    /// <param name="model">Who goes on: a model goes on from its own answer if it has one, any other from the first.</param>
    /// <param name="cancellation">Ends the wait for the store.</param>
    public async ValueTask<Outcome<IReadOnlyList<JsonElement>>> ReadConversationAsync(string owner, string id, string model, CancellationToken cancellation)
    {
        if (await FindAsync(owner, id, cancellation) is not { } stored)
        {
            return ResponseFaults.PreviousNotFound(id);
        }

        var response = JsonElement.Parse(stored.Object.Span);
        if (response.Text("status") is "queued" or "in_progress")
        {
            return Fault.Invalid($"The response '{id}' is not finished yet, so it cannot be continued.", "previous_response_id", "previous_response_not_finished");
        }

        var items = JsonElement.Parse(stored.InputItems.Span).EnumerateArray().ToList();
        items.AddRange(MemberItems.Of(response.Member("output"), model));
        return items;
    }

    /// <summary>Finds the items that an input names; those that are not found are left out.</summary>
    public async ValueTask<IReadOnlyDictionary<string, JsonElement>> FindItemsAsync(
        string owner, IReadOnlyList<(string Id, string Param)> references, CancellationToken cancellation)
    {
        var found = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (id, _) in references)
        {
            if (found.ContainsKey(id) || ResponseIds.ResponseOf(id) is not { } responseId || !seen.Add(responseId)
                || await FindAsync(owner, responseId, cancellation) is not { } stored)
            {
                continue;
            }

            var output = JsonElement.Parse(stored.Object.Span).Member("output");
            foreach (var item in output.Elements().Concat(JsonElement.Parse(stored.InputItems.Span).EnumerateArray()))
            {
                if (item.Text("id") is { } itemId)
                {
                    found.TryAdd(itemId, item);
                }
            }
        }

        return found;
    }

    /// <summary>Makes the JSON array of items that is stored with a response.</summary>
    public static ReadOnlyMemory<byte> ToJson(IEnumerable<JsonElement> items)
    {
        var bytes = new ArrayBufferWriter<byte>(1024);
        using var writer = new Utf8JsonWriter(bytes, ResponseJson.WriterOptions);
        writer.WriteStartArray();
        foreach (var item in items)
        {
            item.WriteTo(writer);
        }

        writer.WriteEndArray();
        writer.Flush();
        return bytes.WrittenMemory;
    }
}
