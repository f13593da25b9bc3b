using System.CommandLine;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Verbs.Files;

/// <summary><c>resultity files list</c>.</summary>
internal sealed class FileListVerb : Verb
{
    private readonly Option<int> _limit = new("--limit") { Description = "How many, newest first", HelpName = "count", DefaultValueFactory = _ => 20 };
    private readonly Option<string?> _purpose = new("--purpose") { Description = "Only those for this purpose", HelpName = "purpose" };
    private readonly Option<string?> _after = new("--after") { Description = "Those that follow this id in the list", HelpName = "id" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the list object" };
    private readonly ConnectionOptions _connection;

    public FileListVerb(Terminal terminal)
        : base(terminal, "list", "List your files, newest first.")
    {
        foreach (var option in (Option[])[_limit, _purpose, _after, _json]) Add(option);
        _connection = new ConnectionOptions(this, terminal);
        Runs(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        using var client = _connection.Open(parsed);
        var path = FormattableString.Invariant($"v1/files?limit={parsed.GetValue(_limit)}");
        if (parsed.GetValue(_purpose) is { } purpose) path += "&purpose=" + Uri.EscapeDataString(purpose);
        if (parsed.GetValue(_after) is { } after) path += "&after=" + Uri.EscapeDataString(after);
        var list = await client.JsonAsync(HttpMethod.Get, path, null, cancellation);
        if (parsed.GetValue(_json))
        {
            Terminal.WriteJson(list);
            return ExitCode.Ok;
        }

        var rows = list.Items("data").Select(file => new[] { file.Text("id"), file.Text("purpose"), file.Text("bytes"), file.When("created_at"), file.When("expires_at"), file.Text("filename") }).ToList();
        Table.Write(Terminal, ["ID", "PURPOSE", "BYTES", "CREATED", "EXPIRES", "NAME"], rows);
        if (list.Text("has_more") == "true") Terminal.Note($"There are more: --after {list.Text("last_id")}");
        return ExitCode.Ok;
    }
}
