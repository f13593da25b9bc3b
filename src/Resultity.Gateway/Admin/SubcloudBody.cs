using Resultity.Contracts.Values;
using Resultity.Serving.Subclouds;

namespace Resultity.Gateway.Admin;

/// <summary>What an operator may say of a subcloud. What is not said stays as it is; an empty list or text takes a limit away.</summary>
internal static class SubcloudBody
{
    private const int LongestText = 200;
    private const int LongestModel = 256;
    private const long MostMemory = 1L << 50;

    public static Outcome<Subcloud> Read(AdminBody body, Subcloud before)
    {
        var description = body.Text("description", LongestText);
        var join = body.Text("join", 20);
        var models = body.Texts("models", 1000, LongestModel, mayBeEmpty: true);
        var region = body.Text("region", 64, mayBeEmpty: true);
        var memory = body.Integer("min_memory_bytes", 0, MostMemory);
        var isolate = body.Flag("isolate");
        var isPublic = body.Flag("public");
        var features = body.Texts("features", 20, 40, mayBeEmpty: true);
        if (body.Finish() is { } fault)
        {
            return fault;
        }

        if (join is not null && PolicyOf(join) is null)
        {
            return Fault.Invalid("Invalid 'join': expected 'open', 'semi_open' or 'closed'.", "join");
        }

        if (features?.FirstOrDefault(static feature => !Subcloud.KnownFeatures.Contains(feature)) is { } unknown)
        {
            return Fault.Invalid($"Invalid 'features': '{unknown}' is not a feature. Known are: {string.Join(", ", Subcloud.KnownFeatures)}.", "features");
        }

        return before with
        {
            Description = description ?? before.Description,
            Join = join is null ? before.Join : PolicyOf(join)!.Value,
            Models = models is null ? before.Models : models.Count == 0 ? null : models,
            Region = region is null ? before.Region : region.Length == 0 ? null : region,
            MinMemoryBytes = memory ?? before.MinMemoryBytes,
            Isolate = isolate ?? before.Isolate,
            IsPublic = isPublic ?? before.IsPublic,
            Features = features ?? before.Features,
        };
    }

    public static string JoinName(JoinPolicy join) => join switch
    {
        JoinPolicy.Open => "open",
        JoinPolicy.SemiOpen => "semi_open",
        _ => "closed",
    };

    private static JoinPolicy? PolicyOf(string name) => name switch
    {
        "open" => JoinPolicy.Open,
        "semi_open" => JoinPolicy.SemiOpen,
        "closed" => JoinPolicy.Closed,
        _ => null,
    };
}
