using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;
using Resultity.Verbs.Images;
using Spectre.Console;
using Table = Resultity.Cli.Table;

namespace Resultity.Verbs.Videos;

/// <summary><c>resultity video</c>: make a video of a prompt.</summary>
internal sealed class VideoVerb : Verb
{
    private const string Endpoint = "v1/videos";

    private readonly Argument<string> _prompt = new("prompt") { Description = "What the video is to show, and how it moves" };
    private readonly Option<string?> _output = new("--output", "-o") { Description = "The file, or a folder for it [default: a name made of the prompt]", HelpName = "path" };
    private readonly Option<string?> _thumbnail = new("--thumbnail") { Description = "A file for a still of the video as well", HelpName = "file" };
    private readonly Option<string?> _image = new("--image", "-i") { Description = "An image that the video begins with", HelpName = "file" };
    private readonly Option<string?> _model = new("--model", "-m") { Description = "The model [default: the first that makes videos]", HelpName = "name" };
    private readonly Option<int?> _seconds = new("--seconds") { Description = "The length [default: 4]", HelpName = "count" };
    private readonly Option<string?> _size = new("--size") { Description = "Width x height, such as 640x360 [default: 720x1280]", HelpName = "size" };
    private readonly Option<string?> _format = new("--format") { Description = "mp4 or webm [default: as the file is named, else mp4]", HelpName = "format" };
    private readonly Option<long?> _seed = new("--seed") { Description = "Makes the same video again", HelpName = "number" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the video's object, with the file's name" };
    private readonly ConnectionOptions _connection;

    public VideoVerb(Terminal terminal)
        : base(terminal, "video", "Make a video of a prompt, in a subcloud with the feature 'video'.")
    {
        _format.AcceptOnlyFromAmong("mp4", "webm");
        Add(_prompt);
        foreach (var option in (Option[])[_output, _thumbnail, _image, _model, _seconds, _size, _format, _seed, _json]) Add(option);
        _connection = new ConnectionOptions(this, terminal);
        Examples =
        [
            ("resultity video \"a red circle moving right\" --url http://127.0.0.1:8080/subclouds/lab", "writes a-red-circle-moving-right.mp4 and prints its name"),
            ("resultity video \"growing\" --image circle.png -o circle.webm --seconds 2", "begins with an image; the file's name decides the format"),
        ];
        Runs(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var output = parsed.GetValue(_output);
        var format = parsed.GetValue(_format) ?? (Path.GetExtension(output)?.ToLowerInvariant() == ".webm" ? "webm" : "mp4");
        var file = ImageFile.Names(output, parsed.GetRequiredValue(_prompt), format, 1).First();
        using var client = _connection.Open(parsed);
        using var form = await FormAsync(parsed, client, format, cancellation);
        using var created = await client.SendContentAsync(HttpMethod.Post, Endpoint, form, cancellation);
        var id = (await client.ReadJsonAsync(created, cancellation)).Text("id");
        var video = await HoldAsync(client, id, cancellation);
        if (video.Text("status") != "completed") throw new CliException(ExitCode.Failure, $"{id} {Table.Safe(video.Text("status"))}: {Table.Safe(video.Text("error", "message"))}");
        await SaveAsync(client, $"{Endpoint}/{id}/content", file, cancellation);
        if (parsed.GetValue(_thumbnail) is { } still) await SaveAsync(client, $"{Endpoint}/{id}/content?variant=thumbnail", still, cancellation);
        if (parsed.GetValue(_json))
        {
            video.AsObject()["file"] = file;
            Terminal.WriteJson(video);
        }
        else
        {
            Terminal.Out.WriteLine(file);
        }

        return ExitCode.Ok;
    }

    private async Task<MultipartFormDataContent> FormAsync(ParseResult parsed, ApiClient client, string format, CancellationToken cancellation)
    {
        var form = new MultipartFormDataContent();
        foreach (var (name, value) in ((string, string?)[])
        [
            ("model", parsed.GetValue(_model) ?? await ModelChoice.FirstAsync(client, "/" + Endpoint, cancellation)), ("prompt", parsed.GetRequiredValue(_prompt)),
            ("seconds", parsed.GetValue(_seconds)?.ToString(CultureInfo.InvariantCulture)), ("size", parsed.GetValue(_size)),

            // OpenAI's own API knows no formats: the usual one goes without saying.
            ("output_format", format == "mp4" ? null : format), ("seed", parsed.GetValue(_seed)?.ToString(CultureInfo.InvariantCulture)),
        ])
        {
            if (!string.IsNullOrEmpty(value)) form.Add(new StringContent(value), name);
        }

        if (parsed.GetValue(_image) is { } image) form.Add(ImageFile.Read(image), "input_reference", Path.GetFileName(image));
        return form;
    }

    /// <summary>Waits with a bar; an interruption cancels the video on the server.</summary>
    private async Task<JsonNode> HoldAsync(ApiClient client, string id, CancellationToken cancellation)
    {
        try
        {
            if (!Terminal.ErrorIsTerminal) return await FollowAsync(client, id, static _ => { }, cancellation);
            return await Terminal.Progress().Progress().AutoClear(true).Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn()).StartAsync(context =>
            {
                var bar = context.AddTask("queued", maxValue: 100);
                return FollowAsync(client, id, video => (bar.Description, bar.Value) = (video.Text("status") == "queued" ? "queued" : "making a video", video.Number("progress") ?? 0), cancellation);
            });
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(5), Terminal.Time);
            await client.JsonAsync(HttpMethod.Post, $"{Endpoint}/{id}/cancel", null, soon.Token);
            Terminal.Note($"cancelled {id}");
            throw;
        }
    }

    private static async Task<JsonNode> FollowAsync(ApiClient client, string id, Action<JsonNode> show, CancellationToken cancellation)
    {
        // A stream of events that breaks off, as when a gateway is replaced, is begun anew: the first event says all.
        while (true)
        {
            using var response = await client.SendAsync(HttpMethod.Get, $"{Endpoint}/{id}/events", null, cancellation, ("Accept", "text/event-stream"));
            await using var body = await response.Content.ReadAsStreamAsync(cancellation);
            await foreach (var item in EventReader.ReadAsync(body, cancellation))
            {
                if (item.Data is null || JsonNode.Parse(item.Data) is not { } video) continue;
                show(video);
                if (video.Text("status") is "completed" or "failed") return video;
            }
        }
    }

    // A file appears when it is whole.
    private static async Task SaveAsync(ApiClient client, string path, string file, CancellationToken cancellation)
    {
        var unfinished = file + ".part";
        try
        {
            using (var response = await client.SendAsync(HttpMethod.Get, path, null, cancellation))
            await using (var output = File.Create(unfinished))
            {
                await response.Content.CopyToAsync(output, cancellation);
            }

            File.Move(unfinished, file, overwrite: true);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }
}
