using System.CommandLine;
using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Verbs.Subclouds;

/// <summary><c>resultity subclouds create</c> and <c>update</c>: what holds in a subcloud.</summary>
internal sealed class SubcloudWriteVerb : Verb
{
    private readonly Option<string?> _description = new("--description") { Description = "What it is for", HelpName = "text" };
    private readonly Option<string?> _join = new("--join") { Description = "How nodes get in: open (they ask), semi-open (they ask, you approve), closed (you admit them, or a join token does) [default: closed]", HelpName = "policy" };
    private readonly Option<string[]> _models = new("--model") { Description = "A model it serves; repeat for more [default: all that its nodes offer]", HelpName = "name" };
    private readonly Option<string?> _region = new("--region") { Description = "Only nodes that stand there", HelpName = "text" };
    private readonly Option<long?> _memory = new("--min-memory-mb") { Description = "Only nodes with at least so much memory, in MiB", HelpName = "count" };
    private readonly Option<bool?> _isolate = new("--isolate") { Description = "Its nodes serve nobody else" };
    private readonly Option<bool?> _public = new("--public") { Description = "Every API key may use it; otherwise only keys that are bound to it" };
    private readonly Option<string[]> _features = new("--feature") { Description = "A feature that is on here, such as video; repeat for more", HelpName = "name" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the subcloud object" };

    public SubcloudWriteVerb(Terminal terminal, bool isNew)
        : base(terminal, isNew ? "create" : "update", isNew ? "Make a subcloud." : "Change a subcloud; what is not said stays as it is.")
    {
        var name = SubcloudsVerb.NameArgument();
        Add(name);
        foreach (var option in (Option[])[_description, _join, _models, _region, _memory, _isolate, _public, _features, _json]) Add(option);
        var connection = new ConnectionOptions(this, terminal, admin: true);
        Runs(async (parsed, cancellation) =>
        {
            var body = Body(parsed);
            if (isNew) body["name"] = parsed.GetRequiredValue(name);
            using var client = connection.Open(parsed);
            var subcloud = await client.JsonAsync(HttpMethod.Post, isNew ? SubcloudsVerb.Path : SubcloudsVerb.Of(parsed.GetRequiredValue(name)), body, cancellation);
            if (parsed.GetValue(_json)) terminal.WriteJson(subcloud);
            else terminal.Out.WriteLine($"{Table.Safe(subcloud.Text("name"))}: base URL {client.Url.ToString().TrimEnd('/')}{Table.Safe(subcloud.Text("base_url"))}");
            return ExitCode.Ok;
        });
    }

    private JsonObject Body(ParseResult parsed)
    {
        var body = new JsonObject();
        if (parsed.GetValue(_description) is { } description) body["description"] = description;
        if (parsed.GetValue(_join) is { } join) body["join"] = join.Replace('-', '_');
        if (parsed.GetValue(_models) is { Length: > 0 } models) body["models"] = Texts(models);
        if (parsed.GetValue(_region) is { } region) body["region"] = region;
        if (parsed.GetValue(_memory) is { } memory) body["min_memory_bytes"] = memory * 1024 * 1024;
        if (parsed.GetValue(_isolate) is { } isolate) body["isolate"] = isolate;
        if (parsed.GetValue(_public) is { } isPublic) body["public"] = isPublic;
        if (parsed.GetValue(_features) is { Length: > 0 } features) body["features"] = Texts(features);
        return body;
    }

    private static JsonArray Texts(string[] texts) => new([.. texts.Select(static text => (JsonNode)text)]);
}
