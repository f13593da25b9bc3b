using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;
using Spectre.Console;

namespace Resultity.Verbs.Images;

/// <summary>What `image generate`, `edit` and `vary` have in common: the options, the request as a stream, the files.</summary>
internal sealed class ImageMaking
{
    private readonly Option<string?> _output = new("--output", "-o") { Description = "The file, or the folder for files [default: a name made of the prompt]", HelpName = "path" };
    private readonly Option<string?> _model = new("--model", "-m") { Description = "The model [default: the first that serves this]", HelpName = "name" };
    private readonly Option<int> _count = new("--count", "-n") { Description = "How many images, 1 to 10", HelpName = "count", DefaultValueFactory = _ => 1 };
    private readonly Option<string?> _size = new("--size") { Description = "Width x height, such as 512x512 [default: the model's own]", HelpName = "size" };
    private readonly Option<string?> _format = new("--format") { Description = "png, jpeg or webp [default: as the file is named, else png]", HelpName = "format" };
    private readonly Option<long?> _seed = new("--seed") { Description = "Makes the same image again", HelpName = "number" };
    private readonly Option<int?> _steps = new("--steps") { Description = "More steps, finer images", HelpName = "count" };
    private readonly Option<double?> _guidance = new("--guidance") { Description = "How closely the prompt is followed", HelpName = "number" };
    private readonly Option<string?> _negative = new("--negative") { Description = "What is not to be seen", HelpName = "text" };
    private readonly Option<bool> _json = new("--json") { Description = "Print what came back, without the images themselves" };
    private readonly Terminal _terminal;
    private readonly ConnectionOptions _connection;

    public ImageMaking(Command command, Terminal terminal)
    {
        _terminal = terminal;
        foreach (var option in (Option[])[_output, _model, _count, _size, _format, _seed, _steps, _guidance, _negative, _json]) command.Add(option);
        _connection = new ConnectionOptions(command, terminal);
    }

    /// <summary>Sends the request and writes each image as soon as it is there.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="path">The endpoint's path without the leading slash.</param>
    /// <param name="prompt">What to make; also names the files.</param>
    /// <param name="more">Further fields and files.</param>
    /// <param name="cancellation">Stops the work on the server as well.</param>
    public async Task<int> RunAsync(ParseResult parsed, string path, string prompt, Action<MultipartFormDataContent> more, CancellationToken cancellation)
    {
        var count = parsed.GetValue(_count);
        if (count is < 1 or > 10) throw new CliException(ExitCode.Usage, $"--count is {count}; it must be 1 to 10.");
        var output = parsed.GetValue(_output);
        var format = parsed.GetValue(_format) ?? ImageFile.FormatOf(output) ?? "png";
        using var client = _connection.Open(parsed);
        var model = parsed.GetValue(_model) ?? await ModelChoice.FirstAsync(client, "/" + path, cancellation);
        using var form = new MultipartFormDataContent();
        foreach (var (name, value) in ((string, string?)[])
        [
            ("model", model), ("prompt", prompt), ("n", Text(count)), ("size", parsed.GetValue(_size)), ("output_format", format), ("seed", Text(parsed.GetValue(_seed))),
            ("steps", Text(parsed.GetValue(_steps))), ("guidance_scale", Text(parsed.GetValue(_guidance))), ("negative_prompt", parsed.GetValue(_negative)), ("stream", "true"),
        ])
        {
            if (!string.IsNullOrEmpty(value)) form.Add(new StringContent(value), name);
        }

        more(form);
        using var names = ImageFile.Names(output, prompt, format, count).GetEnumerator();
        var done = 0;
        await ShowAsync(count, async progress =>
        {
            using var response = await client.SendContentAsync(HttpMethod.Post, path, form, cancellation, ("Accept", "text/event-stream"));
            await using var body = await response.Content.ReadAsStreamAsync(cancellation);
            await foreach (var item in EventReader.ReadAsync(body, cancellation))
            {
                if (item.Data is null or "[DONE]") continue;
                var answer = JsonNode.Parse(item.Data);
                if (answer.At("error") is not null) throw new CliException(ExitCode.Failure, Cli.Table.Safe(answer.Text("error", "message")));
                if (!answer.Text("type").EndsWith(".completed", StringComparison.Ordinal)) continue;
                names.MoveNext();
                await File.WriteAllBytesAsync(names.Current, Convert.FromBase64String(answer.Text("b64_json")), cancellation);
                Tell(parsed.GetValue(_json), names.Current, answer!.AsObject());
                progress(++done);
            }
        });
        return done == count ? ExitCode.Ok : throw new CliException(ExitCode.Failure, $"{done} of {count} images came before the answer broke off.");
    }

    private void Tell(bool json, string file, JsonObject answer)
    {
        if (!json)
        {
            _terminal.Out.WriteLine(file);
            return;
        }

        answer.Remove("b64_json");
        answer["file"] = file;
        _terminal.WriteJson(answer);
    }

    private async Task ShowAsync(int count, Func<Action<int>, Task> work)
    {
        if (!_terminal.ErrorIsTerminal)
        {
            await work(static _ => { });
            return;
        }

        await _terminal.Progress().Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new ElapsedTimeColumn(), new SpinnerColumn()).StartAsync(async context =>
        {
            var bar = context.AddTask(count == 1 ? "making an image" : $"making {count} images", maxValue: count);
            await work(done => bar.Value = done);
        });
    }

    private static string? Text<T>(T? value) where T : struct, IFormattable => value?.ToString(null, CultureInfo.InvariantCulture);

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
