using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Verbs;

/// <summary><c>resultity speak</c>: a sound file of a text.</summary>
internal sealed class SpeakVerb : Verb
{
    private static readonly string[] Formats = ["mp3", "opus", "aac", "flac", "wav", "pcm"];

    private readonly Argument<string?> _text = new("text") { Description = "What to say; - or nothing is standard input", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<string?> _output = new("--output", "-o") { Description = "The file; its ending names the format; - is standard output [default: speech.mp3]", HelpName = "file" };
    private readonly Option<string?> _format = new("--format", "-f") { Description = "The format, where the file's name does not say it" };
    private readonly Option<string> _voice = new("--voice", "-v") { Description = "The voice", HelpName = "name", DefaultValueFactory = _ => "alloy" };
    private readonly Option<double> _speed = new("--speed") { Description = "From 0.25 to 4", HelpName = "factor", DefaultValueFactory = _ => 1 };
    private readonly Option<string?> _model = new("--model", "-m") { Description = "The model [default: the first that speaks]", HelpName = "name" };
    private readonly Option<bool> _voices = new("--voices") { Description = "List the voices instead" };
    private readonly ConnectionOptions _connection;

    public SpeakVerb(Terminal terminal)
        : base(terminal, "speak", "Say a text: write a sound file.")
    {
        _format.AcceptOnlyFromAmong(Formats);
        Add(_text);
        foreach (var option in (Option[])[_output, _format, _voice, _speed, _model, _voices]) Add(option);
        _connection = new ConnectionOptions(this, terminal);
        Examples =
        [
            ("resultity speak \"A red circle.\" -o circle.mp3", "a file in the format that its name says"),
            ("resultity speak --format wav -o - < letter.txt | aplay", "from a pipe to the loudspeaker, beginning with the first sentence"),
            ("resultity speak --voices", "what voices there are"),
        ];
        Runs(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        using var client = _connection.Open(parsed);
        if (parsed.GetValue(_voices)) return await ListAsync(client, cancellation);
        var output = parsed.GetValue(_output) ?? $"speech.{parsed.GetValue(_format) ?? "mp3"}";
        var format = parsed.GetValue(_format) ?? FormatOf(output);
        var text = parsed.GetValue(_text) is { } given and not "-" ? given : await Terminal.In.ReadToEndAsync(cancellation);
        if (string.IsNullOrWhiteSpace(text)) throw new CliException(ExitCode.Usage, "there is nothing to say.", "For example: resultity speak \"Hello\" -o hello.mp3");
        var body = new JsonObject
        {
            ["model"] = parsed.GetValue(_model) ?? await ModelChoice.FirstAsync(client, "/v1/audio/speech", cancellation),
            ["input"] = text,
            ["voice"] = parsed.GetRequiredValue(_voice),
            ["response_format"] = format,
            ["speed"] = parsed.GetValue(_speed),
        };
        using var response = await client.SendAsync(HttpMethod.Post, "v1/audio/speech", body, cancellation);
        await using var sound = await response.Content.ReadAsStreamAsync(cancellation);
        if (output == "-")
        {
            await using var pipe = Console.OpenStandardOutput();
            await CopyAsync(sound, pipe, cancellation);
            return ExitCode.Ok;
        }

        var bytes = await SaveAsync(sound, output, cancellation);
        Terminal.Note(string.Create(CultureInfo.InvariantCulture, $"wrote {output}, {bytes / 1024.0:0.#} KiB"));
        return ExitCode.Ok;
    }

    private async Task<int> ListAsync(ApiClient client, CancellationToken cancellation)
    {
        var voices = await client.JsonAsync(HttpMethod.Get, "v1/audio/voices", null, cancellation);
        Table.Write(Terminal, ["VOICE", "MODEL"], [.. voices.Items("data").Select(static voice => new[] { voice.Text("id"), voice.Text("model") })]);
        return ExitCode.Ok;
    }

    private static string FormatOf(string output)
    {
        var ending = Path.GetExtension(output).TrimStart('.').ToLowerInvariant();
        return ending switch { "ogg" => "opus", "" => "mp3", _ when Formats.Contains(ending) => ending, _ => throw new CliException(ExitCode.Usage, $"'{ending}' is no format that can be written.", $"Use one of {string.Join(", ", Formats)}, or name one with --format.") };
    }

    // A file appears when it is whole: what breaks off is not left to be taken for it.
    private static async Task<long> SaveAsync(Stream sound, string output, CancellationToken cancellation)
    {
        var unfinished = output + ".part";
        try
        {
            long bytes;
            await using (var file = File.Create(unfinished)) bytes = await CopyAsync(sound, file, cancellation);
            File.Move(unfinished, output, overwrite: true);
            return bytes;
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }

    private static async Task<long> CopyAsync(Stream from, Stream to, CancellationToken cancellation)
    {
        var buffer = new byte[16 * 1024];
        var total = 0L;
        int count;
        while ((count = await from.ReadAsync(buffer, cancellation)) > 0)
        {
            await to.WriteAsync(buffer.AsMemory(0, count), cancellation);
            await to.FlushAsync(cancellation);
            total += count;
        }

        return total;
    }
}
