using System.CommandLine;
using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Verbs.Files;

/// <summary>A verb about one file.</summary>
internal abstract class OneFileVerb : Verb
{
    private readonly Argument<string> _id = new("id") { Description = "The file's id (file-…)" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the gateway's answer" };
    private readonly ConnectionOptions _connection;

    protected OneFileVerb(Terminal terminal, string name, string description)
        : base(terminal, name, description)
    {
        Add(_id);
        Add(_json);
        _connection = new ConnectionOptions(this, terminal);
        Runs(async (parsed, cancellation) =>
        {
            using var client = _connection.Open(parsed);
            return await RunAsync(client, "v1/files/" + Uri.EscapeDataString(parsed.GetRequiredValue(_id)), parsed.GetValue(_json), cancellation);
        });
    }

    protected abstract Task<int> RunAsync(ApiClient client, string path, bool json, CancellationToken cancellation);
}

/// <summary><c>resultity files show</c>.</summary>
internal sealed class FileShowVerb(Terminal terminal) : OneFileVerb(terminal, "show", "Show what is known of a file.")
{
    protected override async Task<int> RunAsync(ApiClient client, string path, bool json, CancellationToken cancellation)
    {
        var file = await client.JsonAsync(HttpMethod.Get, path, null, cancellation);
        if (json)
        {
            Terminal.WriteJson(file);
            return ExitCode.Ok;
        }

        string[][] rows = [["id", file.Text("id")], ["name", file.Text("filename")], ["purpose", file.Text("purpose")], ["bytes", file.Text("bytes")], ["created", file.When("created_at")], ["expires", file.When("expires_at")]];
        foreach (var row in rows) Terminal.Out.WriteLine($"{row[0],-9} {Table.Safe(row[1])}".TrimEnd());
        return ExitCode.Ok;
    }
}

/// <summary><c>resultity files delete</c>.</summary>
internal sealed class FileDeleteVerb(Terminal terminal) : OneFileVerb(terminal, "delete", "Delete a file. A batch that reads it goes on.")
{
    protected override async Task<int> RunAsync(ApiClient client, string path, bool json, CancellationToken cancellation)
    {
        JsonNode deleted = await client.JsonAsync(HttpMethod.Delete, path, null, cancellation);
        if (json) Terminal.WriteJson(deleted);
        else Terminal.Out.WriteLine("deleted");
        return ExitCode.Ok;
    }
}
