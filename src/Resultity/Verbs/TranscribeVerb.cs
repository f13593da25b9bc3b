using System.CommandLine;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Verbs;

/// <summary><c>resultity transcribe</c>: what is said in a sound file.</summary>
internal sealed class TranscribeVerb : Verb
{
    private readonly Argument<string> _file = new("file") { Description = "A sound file: flac, mp3, mp4, m4a, ogg, wav, webm; - is standard input" };
    private readonly Option<string> _format = new("--format", "-f") { Description = "What to write", DefaultValueFactory = _ => "text" };
    private readonly Option<string?> _output = new("--output", "-o") { Description = "A file for the result [default: standard output]", HelpName = "file" };
    private readonly Option<string?> _model = new("--model", "-m") { Description = "The model [default: the first that transcribes]", HelpName = "name" };
    private readonly Option<string?> _language = new("--language", "-l") { Description = "The spoken language, such as en [default: detected]", HelpName = "code" };
    private readonly Option<string?> _prompt = new("--prompt", "-p") { Description = "Words and names that are likely to be said", HelpName = "text" };
    private readonly Option<bool> _translate = new("--translate") { Description = "Write English, whatever is spoken" };
    private readonly Option<bool> _words = new("--words") { Description = "With --format verbose_json: the times of each word" };
    private readonly Option<bool> _stream = new("--stream", "-s") { Description = "Show the text while it is computed" };
    private readonly ConnectionOptions _connection;

    public TranscribeVerb(Terminal terminal)
        : base(terminal, "transcribe", "Write down what is said in a sound file.")
    {
        _format.AcceptOnlyFromAmong("text", "srt", "vtt", "json", "verbose_json");
        Add(_file);
        foreach (var option in (Option[])[_format, _output, _model, _language, _prompt, _translate, _words, _stream]) Add(option);
        _connection = new ConnectionOptions(this, terminal);
        Examples =
        [
            ("resultity transcribe talk.mp3", "the text, to standard output"),
            ("resultity transcribe talk.mp4 --format srt -o talk.srt", "subtitles of a video"),
            ("resultity transcribe rede.ogg --translate --stream", "English of another language, as it comes"),
        ];
        Runs(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var (file, format, output) = (parsed.GetRequiredValue(_file), parsed.GetRequiredValue(_format), parsed.GetValue(_output));
        var streams = parsed.GetValue(_stream);
        if (streams && format != "text") throw new CliException(ExitCode.Usage, "--stream shows plain text; leave --format out.");
        if (parsed.GetValue(_words) && format != "verbose_json") throw new CliException(ExitCode.Usage, "--words goes with --format verbose_json.");
        var path = parsed.GetValue(_translate) ? "v1/audio/translations" : "v1/audio/transcriptions";
        using var client = _connection.Open(parsed);
        var model = parsed.GetValue(_model) ?? await ModelChoice.FirstAsync(client, "/" + path, cancellation);
        await using var sound = file == "-" ? Console.OpenStandardInput() : Open(file);
        using var form = Form(parsed, sound, file, model, format, streams);
        if (Terminal.ErrorIsTerminal && file != "-") Terminal.Note($"{Path.GetFileName(file)}, {sound.Length / 1024.0:0} KiB, to {model}");
        using var response = await client.SendContentAsync(HttpMethod.Post, path, form, cancellation);
        var text = streams ? await StreamAsync(response, output is null, cancellation) : await response.Content.ReadAsStringAsync(cancellation);
        if (output is not null)
        {
            await File.WriteAllTextAsync(output, text, cancellation);
            Terminal.Note($"wrote {output}");
        }
        else if (!streams) Terminal.Out.WriteLine(Terminal.ForTerminal(text.TrimEnd('\n')));
        return ExitCode.Ok;
    }

    private static FileStream Open(string file) =>
        File.Exists(file) ? File.OpenRead(file) : throw new CliException(ExitCode.Usage, $"there is no file {file}.");

    private MultipartFormDataContent Form(ParseResult parsed, Stream sound, string file, string model, string format, bool streams)
    {
        var form = new MultipartFormDataContent { { new StringContent(model), "model" }, { new StringContent(streams ? "json" : format), "response_format" } };
        if (parsed.GetValue(_language) is { } language && !parsed.GetValue(_translate)) form.Add(new StringContent(language), "language");
        if (parsed.GetValue(_prompt) is { } prompt) form.Add(new StringContent(prompt), "prompt");
        if (streams) form.Add(new StringContent("true"), "stream");
        foreach (var kind in parsed.GetValue(_words) ? (string[])["word", "segment"] : []) form.Add(new StringContent(kind), "timestamp_granularities[]");
        var content = new StreamContent(sound);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        form.Add(content, "file", file == "-" ? "sound" : Path.GetFileName(file));
        return form;
    }

    private async Task<string> StreamAsync(HttpResponseMessage response, bool show, CancellationToken cancellation)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancellation);
        await foreach (var next in EventReader.ReadAsync(body, cancellation))
        {
            if (next.Data is null or "[DONE]") continue;
            var data = JsonNode.Parse(next.Data);
            if (data.At("error") is not null) throw new CliException(ExitCode.Failure, Table.Safe(data.Text("error", "message")));
            if (data.Text("type") == "transcript.text.delta" && show)
            {
                Terminal.Out.Write(Terminal.ForTerminal(data.Text("delta")));
                await Terminal.Out.FlushAsync(cancellation);
            }
            if (data.Text("type") != "transcript.text.done") continue;
            if (show) Terminal.Out.WriteLine();
            return data.Text("text") + "\n";
        }
        throw new CliException(ExitCode.Failure, "the answer broke off.");
    }
}
