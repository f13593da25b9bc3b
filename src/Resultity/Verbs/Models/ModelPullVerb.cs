using System.CommandLine;
using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;
using Resultity.Node.Models;
using Spectre.Console;

namespace Resultity.Verbs.Models;

/// <summary><c>resultity models pull</c>: a model from a Hugging Face hub into the models folder.</summary>
internal sealed class ModelPullVerb : Verb
{
    private readonly Argument<string> _repository = new("repository") { Description = "owner/name, or owner/name@revision" };
    private readonly Option<string?> _variant = new("--variant") { Description = "The ONNX graph's variant: full, fp16, q4, quantized, … [default: full]", HelpName = "name" };
    private readonly Option<string?> _as = new("--as") { Description = "What the model is called here [default: the repository's name]", HelpName = "name" };
    private readonly Option<string?> _models = new("--models") { Description = "The models folder [default: models in the data folder]", HelpName = "folder" };
    private readonly Option<string?> _endpoint = new("--endpoint") { Description = "The hub [HF_ENDPOINT; default: https://huggingface.co]", HelpName = "url" };
    private readonly Option<bool> _replace = new("--replace") { Description = "Replace a model of that name" };
    private readonly Option<bool> _json = new("--json") { Description = "Print where the model is as JSON" };

    public ModelPullVerb(Terminal terminal)
        : base(terminal, "pull", "Fetch a model's files; resumes where an earlier pull stopped, and checks every digest.")
    {
        Add(_repository);
        foreach (var option in (Option[])[_variant, _as, _models, _endpoint, _replace, _json]) Add(option);
        Examples =
        [
            ("resultity models pull HuggingFaceTB/SmolLM2-135M-Instruct", "full precision"),
            ("resultity models pull onnx-community/Qwen2.5-0.5B-Instruct --variant q4 --as qwen-small", "a small variant under a name of its own"),
            ("HF_ENDPOINT=https://hub.example.org resultity models pull team/model", "another hub; HF_TOKEN for gated models"),
        ];
        Runs(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var options = new PullOptions
        {
            Hub = Hub(parsed.GetValue(_endpoint) ?? Terminal.Variable("HF_ENDPOINT")),
            Token = Terminal.Variable("HF_TOKEN") is { Length: > 0 } token ? token : null,
            ModelsFolder = parsed.GetValue(_models) ?? Path.Combine(DataFolder.Default(Terminal.Variable), "models"),
        };
        using var http = new HttpClient(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(15), UseProxy = !options.Hub.IsLoopback }) { Timeout = Timeout.InfiniteTimeSpan };
        try
        {
            var repository = HubRepository.Parse(parsed.GetRequiredValue(_repository));
            var pull = new ModelPull(http, options, Terminal.Time);
            var folder = await ShowAsync(progress => pull.RunAsync(
                repository, parsed.GetValue(_as), parsed.GetValue(_variant), parsed.GetValue(_replace), progress, cancellation));
            if (parsed.GetValue(_json)) Terminal.WriteJson(new JsonObject { ["model"] = Path.GetFileName(folder), ["folder"] = folder });
            else Terminal.Out.WriteLine(folder);
            return ExitCode.Ok;
        }
        catch (PullException failure)
        {
            throw new CliException(Code(failure.Failure), failure.Message);
        }
    }

    private async Task<string> ShowAsync(Func<Action<PullProgress>?, Task<string>> pull)
    {
        if (!Terminal.ErrorIsTerminal)
        {
            var said = "";
            return await pull(step =>
            {
                if (step.File == said) return;
                said = step.File;
                Terminal.Note($"{step.File} ({step.FileSize:N0} bytes)");
            });
        }

        return await Terminal.Progress().Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(context =>
            {
                var bars = new Dictionary<string, ProgressTask>(StringComparer.Ordinal);
                return pull(step =>
                {
                    if (!bars.TryGetValue(step.File, out var bar)) bars[step.File] = bar = context.AddTask(Markup.Escape(step.File), maxValue: Math.Max(1, step.FileSize));
                    bar.Value = step.FileSize == 0 ? 1 : step.FileBytes;
                });
            });
    }

    private static Uri Hub(string? given)
    {
        if (string.IsNullOrEmpty(given)) return new Uri("https://huggingface.co/");
        return Uri.TryCreate(given, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url
            : throw new CliException(ExitCode.Usage, $"the hub '{given}' is not a URL.", "Give --endpoint or HF_ENDPOINT one that begins with https://.");
    }

    private static int Code(PullFailure failure) => failure switch
    {
        PullFailure.NotFound => ExitCode.NotFound,
        PullFailure.Refused => ExitCode.Authentication,
        PullFailure.Unreachable => ExitCode.Unavailable,
        PullFailure.Invalid => ExitCode.Usage,
        _ => ExitCode.Failure,
    };
}
