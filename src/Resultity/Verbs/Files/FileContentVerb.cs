using System.CommandLine;
using System.Net;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Verbs.Files;

/// <summary><c>resultity files content</c>.</summary>
internal sealed class FileContentVerb : Verb
{
    private readonly Argument<string> _id = new("id") { Description = "The file's id (file-…)" };
    private readonly Option<string?> _output = new("--output", "-o") { Description = "Write to this file, from where an earlier download of it stopped", HelpName = "file" };
    private readonly ConnectionOptions _connection;

    public FileContentVerb(Terminal terminal)
        : base(terminal, "content", "Download a file, to standard output or into a file.")
    {
        Add(_id);
        Add(_output);
        _connection = new ConnectionOptions(this, terminal);
        Runs(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        using var client = _connection.Open(parsed);
        var path = $"v1/files/{Uri.EscapeDataString(parsed.GetRequiredValue(_id))}/content";
        if (parsed.GetValue(_output) is { } output)
        {
            await SaveAsync(client, path, output, cancellation);
            return ExitCode.Ok;
        }

        using var response = await client.SendAsync(HttpMethod.Get, path, null, cancellation);
        await using var content = await response.Content.ReadAsStreamAsync(cancellation);
        await Terminal.Out.FlushAsync(cancellation);
        await using var target = Console.OpenStandardOutput();
        await content.CopyToAsync(target, cancellation);
        return ExitCode.Ok;
    }

    /// <summary>Downloads beside the file first, so that what has its name is whole; what is there from an earlier try is gone on with.</summary>
    private static async Task SaveAsync(ApiClient client, string path, string output, CancellationToken cancellation)
    {
        var part = output + ".part";
        var whole = (await client.JsonAsync(HttpMethod.Get, path[..^"/content".Length], null, cancellation)).Number("bytes") ?? 0;
        await using (var target = new FileStream(part, FileMode.OpenOrCreate, FileAccess.Write))
        {
            var from = target.Length < whole ? target.Length : 0;
            if (target.Length != whole || whole == 0)
            {
                using var response = await client.SendAsync(HttpMethod.Get, path, null, cancellation, [.. from > 0 ? [("Range", FormattableString.Invariant($"bytes={from}-"))] : Array.Empty<(string, string)>()]);
                target.SetLength(response.StatusCode == HttpStatusCode.PartialContent ? from : 0);
                target.Position = target.Length;
                await response.Content.CopyToAsync(target, cancellation);
            }
        }

        File.Move(part, output, overwrite: true);
    }
}
