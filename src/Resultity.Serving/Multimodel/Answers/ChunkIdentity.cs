using System.Text.Json;

namespace Resultity.Serving.Multimodel.Answers;

/// <summary>What the chunks of one streamed answer have in common.</summary>
/// <param name="Id">Their <c>id</c>.</param>
/// <param name="Created">Their <c>created</c>.</param>
/// <param name="HasChoices">Whether they have <c>choices</c>; other events tell their kind by a <c>type</c>.</param>
internal sealed record ChunkIdentity(string? Id, long? Created, bool HasChoices)
{
    /// <summary>Reads it off a chunk.</summary>
    public static ChunkIdentity Of(ReadOnlySpan<byte> chunk)
    {
        string? id = null;
        long? created = null;
        var hasChoices = false;
        var reader = new Utf8JsonReader(chunk);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isId, isCreated) = (reader.ValueTextEquals("id"u8), reader.ValueTextEquals("created"u8));
            hasChoices |= reader.ValueTextEquals("choices"u8);
            reader.Read();
            id = isId && reader.TokenType == JsonTokenType.String ? reader.GetString() : id;
            created = isCreated && reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var seconds) ? seconds : created;
            reader.Skip();
        }

        return new ChunkIdentity(id, created, hasChoices);
    }
}
