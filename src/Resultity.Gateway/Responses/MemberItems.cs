using System.Text.Json;

namespace Resultity.Gateway.Responses;

/// <summary>Chooses among the answers of several models the one that a conversation goes on from.</summary>
internal static class MemberItems
{
    /// <summary>The items of one answer: the model's own if it has one that is whole, else the first whole one, else the first.</summary>
    public static IEnumerable<JsonElement> Of(JsonElement? output, string model)
    {
        var items = output.Elements().ToList();
        var members = items.Where(static item => item.Whole("member") is not null).GroupBy(static item => item.Whole("member")!.Value).OrderBy(static member => member.Key).ToList();
        if (members.Count == 0)
        {
            return items;
        }

        var whole = members.FindAll(static member => member.All(static item => item.Member("error") is null));
        return whole.Find(member => member.First().Text("model") == model) ?? (whole.Count > 0 ? whole[0] : members[0]);
    }
}
