using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Resultity.Cli;
using Resultity.Configuration;
using Resultity.Node.Runtimes;
using Resultity.Node.Runtimes.Audio;
using Resultity.Node.Runtimes.Espeak;
using Resultity.Node.Runtimes.Onnx;
using Resultity.Node.Runtimes.OpenAi;
using Resultity.Node.Runtimes.Piper;
using Resultity.Node.Runtimes.Processes;
using Resultity.Node.Runtimes.Supervised;
using Resultity.Node.Shards;
using Resultity.Onnx.Text;

namespace Resultity.Hosting;

/// <summary>What this machine is to serve: folders of models, and other servers.</summary>
internal sealed class RuntimeChoice
{
    /// <summary>Where <c>models pull</c> puts models, in the data folder.</summary>
    public const string PulledFolder = "models";

    /// <summary>One request can ask for many choices, each a sequence of its own.</summary>
    private const int QueuePerModel = 4096;

    private readonly ShardOptions? _shards;

    private RuntimeChoice(IReadOnlyList<string> folders, IReadOnlyList<UpstreamSpec> upstreams, int slots, SupervisedOptions engines, ShardOptions? shards, bool speaks) =>
        (Folders, Upstreams, Slots, Engines, _shards, Speaks) = (folders, upstreams, slots, engines, shards, speaks);

    /// <summary>Folders, each a model or a folder of models.</summary>
    public IReadOnlyList<string> Folders { get; }

    public IReadOnlyList<UpstreamSpec> Upstreams { get; }

    public int Slots { get; }

    /// <summary>Models with server programs of their own.</summary>
    public SupervisedOptions Engines { get; }

    /// <summary>Whether speech through espeak-ng is served, where that is installed; it is one of the built-in models.</summary>
    public bool Speaks { get; }

    /// <summary>For people: what is served.</summary>
    public string Description
    {
        get
        {
            var parts = Folders.Select(folder => folder).Concat(Upstreams.Select(upstream => upstream.Url.ToString())).ToList();
            parts.AddRange(Engines.Models.Select(static model => $"{model.Name} ({model.Kind})"));
            parts.AddRange(_shards?.Models.Select(static model => model.Value) ?? []);
            if (_shards is { IsMember: true }) parts.Add("layers of sharded models");
            return parts.Count == 0 ? "nothing" : string.Join(", ", parts);
        }
    }

    /// <exception cref="CliException">A folder does not exist, a server is written wrongly, or there is nothing to serve.</exception>
    public static RuntimeChoice Of(SettingValues settings, string dataFolder, Terminal terminal, ShardOptions? shards)
    {
        var choice = Read(settings, dataFolder, terminal, shards);
        return choice.Folders.Count + choice.Upstreams.Count + choice.Engines.Models.Count > 0 || shards is not null
            ? choice
            : throw new CliException(ExitCode.Usage, "there is nothing to serve.", "Name a folder with --models or a server with --openai, or fetch a model with `resultity models pull`.");
    }

    /// <summary>As <see cref="Of"/>, where nothing is an answer as well.</summary>
    /// <exception cref="CliException">A folder does not exist, or a server is written wrongly.</exception>
    public static RuntimeChoice Read(SettingValues settings, string dataFolder, Terminal terminal, ShardOptions? shards)
    {
        var named = settings.List("node.models");
        foreach (var folder in named)
        {
            if (!Directory.Exists(folder)) throw new CliException(ExitCode.Usage, $"node.models (--models): there is no folder {folder}.");
        }

        List<string> folders = [.. named.Select(Path.GetFullPath)];
        List<UpstreamSpec> upstreams = [.. settings.List("node.openai").Select(text => UpstreamSpec.Parse(text, terminal.Variable))];
        var engines = ReadEngines(settings, terminal);
        var pulled = Path.Combine(dataFolder, PulledFolder);
        if (Directory.Exists(pulled)) folders.Add(pulled);
        var builtIn = Path.Combine(AppContext.BaseDirectory, "models");
        var wanted = settings.RequiredText("node.builtin_models");
        if (wanted == "always" && !Directory.Exists(builtIn)) throw new CliException(ExitCode.Usage, $"node.builtin_models is always, but there is no folder {builtIn}.");
        var serves = wanted == "always" || (wanted == "auto" && named.Count == 0 && upstreams.Count == 0 && engines.Models.Count == 0 && shards is null);
        if (serves && Directory.Exists(builtIn)) folders.Add(builtIn);
        return new RuntimeChoice(folders, upstreams, settings.Integer("node.slots"), engines, shards, serves);
    }

    private static SupervisedOptions ReadEngines(SettingValues settings, Terminal terminal)
    {
        List<SupervisedModel> models =
        [
            .. settings.List("node.gguf").Select(text => GgufSpec.Parse(text, EngineProgram.Find(settings.RequiredText("node.llama_server"), terminal.Variable))),
            .. settings.List("node.whisper").SelectMany(text => WhisperSpec.Parse(text, EngineProgram.Find(settings.RequiredText("node.whisper_server"), terminal.Variable))),
            .. settings.Map("node.commands").Select(static command => CommandSpec.Parse(command.Key, command.Value)),
        ];
        if (models.GroupBy(static model => model.Name, StringComparer.Ordinal).FirstOrDefault(static same => same.Skip(1).Any()) is { } twice)
        {
            throw new CliException(ExitCode.Usage, $"two engines serve a model named '{twice.Key}'; give one another name.");
        }

        var memory = settings.OptionalInteger("node.memory_mb") is { } megabytes ? (long)megabytes << 20 : GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4 * 3;
        return new SupervisedOptions { Models = models, MemoryBytes = memory };
    }

    /// <summary>Registers a runtime for the folders, and one for each server.</summary>
    public void Add(IServiceCollection services)
    {
        if (_shards is not null) services.AddShards(_shards);
        if (Speaks) services.AddSingleton<IRuntime>(static provider => new EspeakRuntime(provider.GetRequiredService<ChildHost>(), new AudioLimits()));
        if (Engines.Models.Count > 0) services.AddSupervisedRuntime(Engines);
        if (Folders.Count > 0)
        {
            services.AddSingleton<IRuntime>(provider => new PiperRuntime(Folders, provider.GetRequiredService<ChildHost>(), new AudioLimits(), provider.GetRequiredService<ILogger<PiperRuntime>>()));
            var engine = new TextEngineOptions { Slots = Slots, QueueLimit = QueuePerModel };
            services.AddSingleton<IRuntime>(provider => new OnnxRuntime(
                new OnnxRuntimeOptions { Folders = Folders, Engine = engine }, provider.GetRequiredService<ChildHost>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<OnnxRuntime>>()));
        }

        foreach (var upstream in Upstreams)
        {
            services.AddOpenAiRuntime(new OpenAiRuntimeOptions
            {
                Url = upstream.Url,
                Models = upstream.Models,
                Slots = upstream.Slots ?? Slots,
                KeyFile = upstream.KeyFile,
                KeyVariable = upstream.KeyVariable,
                ContinuesPrefix = upstream.Continues,
            }.Serving(upstream.Endpoints));
        }
    }
}
