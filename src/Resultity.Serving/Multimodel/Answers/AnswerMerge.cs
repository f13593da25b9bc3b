using System.Text.Json;
using System.Text.Json.Nodes;
using Resultity.Contracts.Values;
using Resultity.Serving.Multimodel.Members;
using Resultity.Serving.Multimodel.Plans;
using Resultity.Serving.Pipeline;

namespace Resultity.Serving.Multimodel.Answers;

/// <summary>Makes one whole answer of several, by what they look like rather than by what was asked.</summary>
internal static class AnswerMerge
{
    /// <summary>Lists that answers consist of. Only choices are numbered through; the others' numbers say which input is meant.</summary>
    private static readonly string[] Lists = ["choices", "data", "results"];

    /// <summary>A whole answer's object; <see langword="null"/> if it is not one.</summary>
    public static JsonObject? Parse(InferenceAnswer answer)
    {
        if (!answer.ContentType.StartsWith("application/json", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        try
        {
            return JsonNode.Parse(answer.Body.Span) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Puts the answers of members together: the first one's, with everybody's results, each marked with its model.</summary>
    /// <returns><see langword="null"/> if they are nothing that can be put together.</returns>
    public static JsonObject? Merge(IReadOnlyList<Member> members, string label)
    {
        var roots = members.Select(static member => Parse(member.Answer!)).ToList();
        if (roots.Exists(static root => root is null))
        {
            return null;
        }

        var whole = roots[0]!;
        if (Array.Find(Lists, name => roots.TrueForAll(root => root![name] is JsonArray)) is { } list)
        {
            whole[list] = Concatenate(members, roots, list);
        }
        else
        {
            // A transcription, or the like: the first one's text stays where clients look for it.
            whole["results"] = new JsonArray([.. roots.Select((root, i) => Marked((JsonObject)root!.DeepClone(), members[i]))]);
        }

        if (whole["usage"] is JsonObject usage)
        {
            foreach (var other in roots.Skip(1).Select(static root => root!["usage"]).OfType<JsonObject>())
            {
                AddDetails(usage, other);
            }
        }

        whole["model"] = label;
        return whole;
    }

    /// <summary>Says in <c>usage</c> what all members used together, in the words of the endpoint. Embeddings, for one, have no tokens of output.</summary>
    public static void SetUsage(JsonObject root, ParallelCall call)
    {
        var sum = call.Usage;
        if (root["usage"] is not JsonObject usage)
        {
            root["usage"] = MultimodelJson.Usage(sum);
            return;
        }

        if (call.Spec.Mode != MultimodelMode.All)
        {
            // These are of the one that was decided for.
            foreach (var details in usage.Where(static member => member.Value is JsonObject).Select(static member => member.Key).ToList())
            {
                usage.Remove(details);
            }
        }

        foreach (var (name, count) in Counts(sum))
        {
            if (usage.ContainsKey(name))
            {
                usage[name] = count;
            }
        }
    }

    private static IEnumerable<(string Name, long Count)> Counts(Usage sum)
    {
        yield return ("prompt_tokens", sum.InputTokens);
        yield return ("input_tokens", sum.InputTokens);
        yield return ("completion_tokens", sum.OutputTokens);
        yield return ("output_tokens", sum.OutputTokens);
        yield return ("total_tokens", sum.TotalTokens);

        // What only some nodes count stays as the answer says it.
        if (sum.Images > 0)
        {
            yield return ("images", sum.Images);
        }

        if (sum.AudioMilliseconds > 0)
        {
            yield return ("seconds", (sum.AudioMilliseconds + 999) / 1000);
        }
    }

    private static void AddDetails(JsonObject usage, JsonObject other)
    {
        foreach (var details in usage.Select(static member => member.Value).OfType<JsonObject>().ToList())
        {
            foreach (var (name, count) in other[details.GetPropertyName()] as JsonObject ?? [])
            {
                if (count is JsonValue value && value.TryGetValue(out long more))
                {
                    details[name] = more + (details[name] is JsonValue own && own.TryGetValue(out long so) ? so : 0);
                }
            }
        }
    }

    private static JsonArray Concatenate(IReadOnlyList<Member> members, List<JsonObject?> roots, string list)
    {
        var items = new List<JsonNode?>();
        var offset = 0L;
        for (var i = 0; i < roots.Count; i++)
        {
            var own = roots[i]![list]!.AsArray();
            var most = -1L;
            var entries = own.ToList();
            own.Clear();
            foreach (var item in entries)
            {
                if (item is JsonObject entry)
                {
                    if (list == "choices")
                    {
                        var index = entry["index"] is JsonValue value && value.TryGetValue(out long number) ? number : most + 1;
                        most = Math.Max(most, index);
                        entry["index"] = offset + index;
                    }

                    Marked(entry, members[i]);
                }

                items.Add(item);
            }

            offset += most + 1;
        }

        return new JsonArray([.. items]);
    }

    private static JsonObject Marked(JsonObject entry, Member member)
    {
        entry["model"] = member.Model;
        entry["member"] = member.Index;
        return entry;
    }
}
