using System.Collections.Frozen;
using System.Text;
using System.Text.Json;
using Resultity.Contracts.Values;

namespace Resultity.Serving.Multimodel.Plans;

/// <summary>Reads what <c>models</c> and <c>multimodel</c> say. The kinds and ranges of the values have been checked.</summary>
public static class SpecReader
{
    /// <summary>Fields that every member has to see alike, or that are not the member's to say.</summary>
    private static readonly FrozenSet<string> Common = FrozenSet.Create(
        StringComparer.Ordinal,
        "messages", "prompt", "input", "stream", "stream_options", "n", "best_of", "models", "multimodel", "response_format", "file", "image", "mask");

    /// <summary>Reads <c>models</c>: fallbacks in order.</summary>
    /// <param name="models">The JSON array.</param>
    /// <param name="model">The request's <c>model</c>, which goes first; empty if it has none.</param>
    public static Outcome<MultimodelSpec> ReadModels(ReadOnlySpan<byte> models, string model) =>
        Guard(models, "models", root => ReadMembers(root, "models").TryGet(out var members, out var fault)
            ? new MultimodelSpec
            {
                Mode = MultimodelMode.Fallback,
                Members = model.Length == 0 || members.Exists(member => member.Model == model) ? members : [new MemberSpec(model), .. members],
            }
            : fault);

    /// <summary>Reads <c>multimodel</c>.</summary>
    /// <param name="multimodel">The JSON object.</param>
    /// <param name="model">The request's <c>model</c>, whose name may spell the members as <c>a+b</c>; empty if it has none.</param>
    /// <param name="param">Where the object stands: a prefix for messages; empty if it is the whole body.</param>
    public static Outcome<MultimodelSpec> ReadMultimodel(ReadOnlySpan<byte> multimodel, string model, string param = "multimodel.") =>
        Guard(multimodel, param.TrimEnd('.'), root => Read(root, model, param));

    /// <summary>Reads a <c>multimodel</c> whose members are those that <c>models</c> beside it lists.</summary>
    /// <param name="multimodel">The JSON object.</param>
    /// <param name="models">The JSON array.</param>
    /// <param name="model">The request's <c>model</c>, which goes first; empty if it has none.</param>
    public static Outcome<MultimodelSpec> ReadBoth(ReadOnlySpan<byte> multimodel, ReadOnlySpan<byte> models, string model) =>
        ReadModels(models, model).TryGet(out var listed, out var fault)
            ? Guard(multimodel, "multimodel", root => Member(root, "models") is null
                ? Read(root, model, "multimodel.", listed.Members)
                : Fault.Invalid("Invalid 'models': 'multimodel.models' is set as well. Set one of them.", "models", "invalid_parameter_combination"))
            : fault;

    private static Outcome<MultimodelSpec> Guard(ReadOnlySpan<byte> json, string param, Func<JsonElement, Outcome<MultimodelSpec>> read)
    {
        try
        {
            return read(JsonElement.Parse(json));
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or FormatException)
        {
            return Fault.Invalid($"Invalid '{param}': it is not what this field takes.", param);
        }
    }

    private static Outcome<MultimodelSpec> Read(JsonElement root, string model, string param, IReadOnlyList<MemberSpec>? listed = null)
    {
        var mode = MultimodelMode.All;
        if (Text(root, "mode") is { } name)
        {
            if (MultimodelModes.Find(name) is not { } known)
            {
                return Fault.Invalid($"Invalid value for '{param}mode'. Supported values are: {string.Join(", ", MultimodelModes.Names.Select(static one => $"'{one}'"))}.", param + "mode");
            }

            mode = known;
        }

        var members = listed;
        if (members is null)
        {
            if (!Members(root, model, param).TryGet(out var named, out var fault))
            {
                return fault;
            }

            members = named;
        }

        var vote = Member(root, "vote");
        var spec = new MultimodelSpec
        {
            Mode = mode,
            Members = members,
            MinSuccess = Whole(root, "min_success") ?? 1,
            Hedge = Whole(root, "hedge_ms") is { } hedge ? TimeSpan.FromMilliseconds(hedge) : MultimodelSpec.DefaultHedge,
            Timeout = Whole(root, "timeout_ms") is { } timeout ? TimeSpan.FromMilliseconds(timeout) : null,
            Judge = Text(root, "judge"),
            Synthesises = Text(root, "judge_mode") == "synthesise",
            Vote = new VoteRule
            {
                By = vote is { } rule && Text(rule, "by") is { } by ? Enum.Parse<VoteBy>(by, ignoreCase: true) : null,
                Quorum = vote is { } counted ? Whole(counted, "quorum") ?? 1 : 1,
                Model = vote is { } measured ? Text(measured, "model") : null,
            },
        };
        return SpecRules.Check(spec, root, param) is { } wrong ? wrong : spec;
    }

    /// <summary>The members that the object lists, or that the request's model spells.</summary>
    private static Outcome<List<MemberSpec>> Members(JsonElement root, string model, string param) =>
        Member(root, "models") is { } models ? ReadMembers(models, param + "models")
            : PlanText.MayBe(model) ? Spelled(model)
            : new Fault(FaultKind.InvalidRequest, "missing_required_parameter", $"Missing required parameter: '{param}models'.", param + "models");

    private static Outcome<List<MemberSpec>> ReadMembers(JsonElement array, string param)
    {
        var members = new List<MemberSpec>();
        foreach (var item in array.EnumerateArray())
        {
            var at = $"{param}[{members.Count}]";
            if (item.ValueKind == JsonValueKind.String)
            {
                members.Add(new MemberSpec(item.GetString()!));
                continue;
            }

            var fields = new Dictionary<string, byte[]>(StringComparer.Ordinal);
            string? system = null;
            foreach (var field in item.EnumerateObject())
            {
                if (Common.Contains(field.Name))
                {
                    return Fault.Invalid($"Invalid '{at}.{field.Name}': all members get the same '{field.Name}'. Set it beside '{param}', not within a member.", $"{at}.{field.Name}");
                }

                if (field.Name == "system")
                {
                    system = field.Value.GetString();
                }
                else if (field.Name != "model")
                {
                    fields[field.Name] = Encoding.UTF8.GetBytes(field.Value.GetRawText());
                }
            }

            members.Add(new MemberSpec(item.GetProperty("model").GetString()!, fields.Count > 0 || system is not null ? new MemberOverrides(system, fields) : null));
        }

        return members;
    }

    /// <summary>The members that the request's model spells. What its names stand for shows when the request is run.</summary>
    private static Outcome<List<MemberSpec>> Spelled(string model) =>
        new PlanText(model, PlanNames.None, "model").Read().TryGet(out var plan, out var fault)
            ? plan is ParallelPlan parallel
                ? parallel.Members.Select(static member => new MemberSpec(member.Label)).ToList()
                : plan.Models.Select(static member => new MemberSpec(member.Name)).ToList()
            : fault;

    private static JsonElement? Member(JsonElement parent, string name) =>
        parent.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static string? Text(JsonElement parent, string name) => Member(parent, name)?.GetString();

    private static int? Whole(JsonElement parent, string name) => Member(parent, name)?.GetInt32();
}
