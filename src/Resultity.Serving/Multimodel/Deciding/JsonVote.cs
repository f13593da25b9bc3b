using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Resultity.Serving.Multimodel.Deciding;

/// <summary>A vote on JSON: each field of an object by itself, objects within it likewise. Pure.</summary>
internal static class JsonVote
{
    /// <summary>Counts.</summary>
    /// <param name="votes">The voters' texts. Those that are no JSON do not vote.</param>
    /// <returns><see langword="null"/> if none is JSON.</returns>
    public static VoteResult? Count(IReadOnlyList<string> votes)
    {
        var ballots = votes.Select(static (text, index) => new Ballot(index, Parse(text))).Where(static ballot => ballot.Value is not null).ToList();
        if (ballots.Count == 0)
        {
            return null;
        }

        var tally = new Tally();
        var composed = Decide(ballots, "", tally);
        var nearest = ballots.MaxBy(ballot => Agreement(ballot.Value, composed))!;
        return new VoteResult(nearest.Voter, tally.Fewest, tally.IsTie) { Composed = composed?.ToJsonString() ?? "null", WeakestField = tally.Weakest };
    }

    private static JsonNode? Decide(List<Ballot> ballots, string path, Tally tally)
    {
        // What kind of value it is, is voted on first.
        var kind = Largest(ballots, static ballot => ballot.Value switch { JsonObject => "object", JsonArray array when IsListOfObjects(array) => "objects" + array.Count, _ => "value" }, out _);
        switch (kind[0].Value)
        {
            case JsonObject:
                return DecideFields(kind, path, tally);
            case JsonArray array when IsListOfObjects(array):
                return new JsonArray([.. Enumerable.Range(0, array.Count).Select(i =>
                    Decide([.. kind.Select(ballot => ballot with { Value = ballot.Value!.AsArray()[i] })], FormattableString.Invariant($"{path}[{i}]"), tally))]);
            default:
                var group = Largest(kind, static ballot => Canonical(ballot.Value), out var isTie);
                tally.Note(path, group.Count, isTie);
                return group[0].Value?.DeepClone();
        }
    }

    private static JsonObject DecideFields(List<Ballot> ballots, string path, Tally tally)
    {
        var result = new JsonObject();
        foreach (var name in ballots.SelectMany(static ballot => ballot.Value!.AsObject().Select(static field => field.Key)).Distinct(StringComparer.Ordinal).ToList())
        {
            var at = path.Length == 0 ? name : $"{path}.{name}";
            var present = ballots.Where(ballot => ballot.Value!.AsObject().ContainsKey(name)).Select(ballot => ballot with { Value = ballot.Value!.AsObject()[name] }).ToList();
            var absent = ballots.Count - present.Count;
            if (absent > present.Count)
            {
                tally.Note(at, absent, isTie: false);
            }
            else
            {
                result[name] = Decide(present, at, tally);
            }
        }

        return result;
    }

    private static List<Ballot> Largest(List<Ballot> ballots, Func<Ballot, string> key, out bool isTie)
    {
        var groups = ballots.GroupBy(key, StringComparer.Ordinal).Select(static group => group.ToList()).ToList();
        var best = groups.MaxBy(static group => group.Count)!;
        isTie = groups.Count(group => group.Count == best.Count) > 1;
        return best;
    }

    private static bool IsListOfObjects(JsonArray array) => array.Count > 0 && array.All(static item => item is JsonObject);

    /// <summary>How many fields, at any depth, a ballot has as they were decided.</summary>
    private static int Agreement(JsonNode? ballot, JsonNode? decided) => (ballot, decided) switch
    {
        (JsonObject own, JsonObject common) => common.Sum(field => own.ContainsKey(field.Key) ? Agreement(own[field.Key], field.Value) : 0),
        (JsonArray own, JsonArray common) when own.Count == common.Count && IsListOfObjects(own) => own.Zip(common, Agreement).Sum(),
        _ => Canonical(ballot) == Canonical(decided) ? 1 : 0,
    };

    /// <summary>The same text for the same value: numbers by what they count, fields of objects in order.</summary>
    private static string Canonical(JsonNode? node) => node switch
    {
        null => "null",
        JsonObject fields => "{" + string.Join(',', fields.OrderBy(static field => field.Key, StringComparer.Ordinal).Select(static field => $"{JsonValue.Create(field.Key).ToJsonString()}:{Canonical(field.Value)}")) + "}",
        JsonArray items => "[" + string.Join(',', items.Select(Canonical)) + "]",
        JsonValue value when value.GetValueKind() == JsonValueKind.String => JsonValue.Create(value.GetValue<string>().Trim()).ToJsonString(),
        JsonValue value when value.GetValueKind() == JsonValueKind.Number && value.TryGetValue(out decimal number) => number.ToString("0.############################", CultureInfo.InvariantCulture),
        _ => node.ToJsonString(),
    };

    private static JsonNode? Parse(string text)
    {
        // Models like to put JSON between fences.
        var trimmed = text.AsSpan().Trim();
        if (trimmed.StartsWith("```") && trimmed.EndsWith("```") && trimmed.IndexOf('\n') is > 0 and var line)
        {
            trimmed = trimmed[(line + 1)..^3].Trim();
        }

        try
        {
            return JsonNode.Parse(trimmed.ToString(), documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private sealed record Ballot(int Voter, JsonNode? Value);

    private sealed class Tally
    {
        public int Fewest { get; private set; } = int.MaxValue;

        public string? Weakest { get; private set; }

        public bool IsTie { get; private set; }

        public void Note(string path, int votes, bool isTie)
        {
            IsTie |= isTie;
            if (votes < Fewest)
            {
                (Fewest, Weakest) = (votes, path.Length == 0 ? null : path);
            }
        }
    }
}
