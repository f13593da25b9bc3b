using System.CommandLine;
using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Verbs.Images;

/// <summary><c>resultity describe</c>: what images and videos show.</summary>
internal sealed class DescribeVerb : Verb
{
    private const string ImageEndpoint = "v1/images/description", VideoEndpoint = "v1/videos/description";

    private readonly Argument<string[]> _images = new("image") { Description = "The files to describe: png, jpeg, webp, gif; mp4, mov, webm, mkv, avi", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string> _kind = new("--kind", "-k") { Description = "caption, tags, ocr or json", HelpName = "kind", DefaultValueFactory = _ => "caption" };
    private readonly Option<string?> _prompt = new("--prompt", "-p") { Description = "What to look for, for models that take questions", HelpName = "text" };
    private readonly Option<string?> _model = new("--model", "-m") { Description = "The model [default: the first that describes images]", HelpName = "name" };
    private readonly Option<bool> _json = new("--json") { Description = "Print the whole answer" };
    private readonly ConnectionOptions _connection;

    public DescribeVerb(Terminal terminal)
        : base(terminal, "describe", "Say what images and videos show.")
    {
        Add(_images);
        foreach (var option in (Option[])[_kind, _prompt, _model, _json]) Add(option);
        _connection = new ConnectionOptions(this, terminal);
        Examples =
        [
            ("resultity describe circle.png", "a sentence on standard output"),
            ("resultity describe *.png --kind tags", "one line for each file, its name first"),
            ("resultity describe clip.mp4 --url http://127.0.0.1:8080/subclouds/lab", "a video, in a subcloud with the feature 'video'"),
        ];
        Runs(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var images = parsed.GetRequiredValue(_images);
        using var client = _connection.Open(parsed);
        foreach (var image in images)
        {
            var (endpoint, field) = IsVideo(image) ? (VideoEndpoint, "video") : (ImageEndpoint, "image");
            if (field == "video" && parsed.GetRequiredValue(_kind) != "caption") throw new CliException(ExitCode.Usage, $"{image} is a video; --kind is for images.");
            var model = parsed.GetValue(_model) ?? await ModelChoice.FirstAsync(client, "/" + endpoint, cancellation);
            using var form = new MultipartFormDataContent
            {
                { ImageFile.Read(image), field, Path.GetFileName(image) },
                { new StringContent(model), "model" },
            };
            if (field == "image") form.Add(new StringContent(parsed.GetRequiredValue(_kind)), "kind");
            if (parsed.GetValue(_prompt) is { } prompt) form.Add(new StringContent(prompt), "prompt");
            using var response = await client.SendContentAsync(HttpMethod.Post, endpoint, form, cancellation);
            var answer = await client.ReadJsonAsync(response, cancellation);
            if (parsed.GetValue(_json))
            {
                if (images.Length > 1) answer.AsObject()["file"] = image;
                Terminal.WriteJson(answer);
                continue;
            }

            var text = parsed.GetRequiredValue(_kind) == "json" && answer.At("data", "0", "json") is JsonObject json ? json.ToJsonString() : answer.Text("data", "0", "text");
            Terminal.Out.WriteLine(Terminal.ForTerminal(images.Length > 1 ? $"{image}: {text}" : text));
            if (answer.Text("data", "0", "transcript") is { Length: > 0 } said) Terminal.Out.WriteLine(Terminal.ForTerminal($"said: {said}"));
        }

        return ExitCode.Ok;
    }

    // By its name here, so that nothing is read twice; the node looks at what is in it.
    private static bool IsVideo(string file) => Path.GetExtension(file).ToLowerInvariant() is ".mp4" or ".m4v" or ".mov" or ".webm" or ".mkv" or ".avi";
}
