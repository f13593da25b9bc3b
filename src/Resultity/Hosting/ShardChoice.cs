using System.Globalization;
using Resultity.Cli;
using Resultity.Configuration;
using Resultity.Node.Runtimes.Processes;
using Resultity.Node.Shards;

namespace Resultity.Hosting;

/// <summary>What this machine does for models that are sharded over several nodes.</summary>
internal static class ShardChoice
{
    /// <returns>What it does; <see langword="null"/> if nothing.</returns>
    /// <exception cref="CliException">A file does not exist, or the memory is no number.</exception>
    public static ShardOptions? Of(SettingValues settings, string dataFolder, Terminal terminal)
    {
        var memory = settings.RequiredText("node.shard_memory_mb");
        var files = settings.List("node.shard_models").Select(ModelOf).ToList();
        if (memory == "none" && files.Count == 0) return null;
        if (memory is not ("none" or "auto") && (!long.TryParse(memory, NumberStyles.None, CultureInfo.InvariantCulture, out var megabytes) || megabytes is < 1 or > 100_000_000))
        {
            throw new CliException(ExitCode.Usage, $"node.shard_memory_mb (--shard-memory-mb) is '{memory}'; allowed is a whole number of megabytes, auto or none.");
        }

        var options = new ShardOptions
        {
            IsMember = memory != "none",
            Memory = memory is "none" or "auto" ? null : long.Parse(memory, CultureInfo.InvariantCulture) * 1_000_000,
            Models = files,
            LlamaServer = ProgramPath.Find(EngineProgram.Find("llama-server", terminal.Variable)),
            RpcServer = ProgramPath.Find(EngineProgram.Find("ggml-rpc-server", terminal.Variable)),
            CacheFolder = Path.Combine(dataFolder, "shards"),
        };
        return settings.OptionalInteger("node.shard_threads") is { } threads ? options with { Threads = threads } : options;
    }

    private static KeyValuePair<string, string> ModelOf(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        var path = Path.GetFullPath(text[(equals + 1)..]);
        if (!File.Exists(path)) throw new CliException(ExitCode.Usage, $"node.shard_models (--shard-model): there is no file {path}.");
        return KeyValuePair.Create(equals > 0 ? text[..equals] : Path.GetFileNameWithoutExtension(path), path);
    }
}
