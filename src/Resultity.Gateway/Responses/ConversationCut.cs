using System.Text.Json;

namespace Resultity.Gateway.Responses;

/// <summary>Leaves out the beginning of a conversation.</summary>
internal static class ConversationCut
{
    /// <summary>Leaves out about half of the turns, the oldest ones. A turn begins with a message of the user, so calls keep their outputs; instructions stay.</summary>
    /// <returns>The shorter conversation, or <see langword="null"/> if there is only one turn.</returns>
    public static IReadOnlyList<JsonElement>? Shorten(IReadOnlyList<JsonElement> conversation)
    {
        var head = 0;
        while (head < conversation.Count && IsMessageOf(conversation[head], "system", "developer"))
        {
            head++;
        }

        List<int> turns = [];
        for (var i = head + 1; i < conversation.Count; i++)
        {
            if (IsMessageOf(conversation[i], "user"))
            {
                turns.Add(i);
            }
        }

        return turns.Count == 0 ? null : [.. conversation.Take(head), .. conversation.Skip(turns[turns.Count / 2])];
    }

    private static bool IsMessageOf(JsonElement item, params ReadOnlySpan<string> roles) =>
        item.Text("type") == "message" && item.Text("role") is { } role && roles.Contains(role);
}
