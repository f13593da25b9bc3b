using System.CommandLine;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Verbs.Files;

/// <summary><c>resultity files upload</c>.</summary>
internal sealed class FileUploadVerb : Verb
{
    private readonly Argument<string> _file = new("file") { Description = "The file; - is standard input" };
    private readonly Option<string> _purpose = new("--purpose", "-p") { Description = "What it is for: batch, user_data, vision, assistants, fine-tune or evals", HelpName = "purpose", DefaultValueFactory = _ => "user_data" };
    private readonly Option<int?> _expiresAfter = new("--expires-after") { Description = "Delete it after so long, an hour to 30 days [default: batch files after 30 days, others never]", HelpName = "seconds" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the file object instead of its id" };
    private readonly ConnectionOptions _connection;

    public FileUploadVerb(Terminal terminal)
        : base(terminal, "upload", "Upload a file; prints its id.")
    {
        Add(_file);
        foreach (var option in (Option[])[_purpose, _expiresAfter, _json]) Add(option);
        _connection = new ConnectionOptions(this, terminal);
        Runs(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        using var client = _connection.Open(parsed);
        var file = await FileUpload.SendAsync(client, Terminal, parsed.GetRequiredValue(_file), parsed.GetRequiredValue(_purpose), parsed.GetValue(_expiresAfter), cancellation);
        if (parsed.GetValue(_json)) Terminal.WriteJson(file);
        else Terminal.Out.WriteLine(Table.Safe(file.Text("id")));
        return ExitCode.Ok;
    }
}
