using System.Globalization;
using Resultity.Contracts.Values;
using Resultity.Node.Runtimes.Processes;
using Resultity.Node.Runtimes.Supervised;

namespace Resultity.Node.Runtimes.WhisperCpp;

/// <summary>A Whisper model in ggml's format that whisper-server is to serve.</summary>
/// <param name="Path">The file.</param>
/// <param name="Name">The name that clients use.</param>
public sealed record WhisperCppModel(string Path, string Name)
{
    private const string FilePrefix = "ggml-";

    /// <summary>The program.</summary>
    public string Program { get; init; } = "whisper-server";

    /// <summary>How many requests are taken at once; the server computes one after the other, and files of others are decoded meanwhile.</summary>
    public int Slots { get; init; } = 1;

    /// <summary>Threads; <see langword="null"/> leaves it to the server.</summary>
    public int? Threads { get; init; }

    /// <summary>How long it may take to load; <see langword="null"/> for the usual time.</summary>
    public TimeSpan? LoadTimeout { get; init; }

    /// <summary>The models of a folder: its files in this format, each by its own name.</summary>
    /// <exception cref="RuntimeStartException">The folder can't be read, or has none.</exception>
    public static IReadOnlyList<WhisperCppModel> Find(string folder)
    {
        try
        {
            List<WhisperCppModel> found = [.. Directory.EnumerateFiles(folder).Where(WhisperFacts.IsModel).Order(StringComparer.Ordinal).Select(static path => new WhisperCppModel(path, NameOf(path)))];
            return found.Count > 0 ? found : throw new RuntimeStartException($"The folder {folder} has no Whisper model in ggml's format.");
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            throw new RuntimeStartException($"The folder {folder} can't be read: {wrong.Message}", wrong);
        }
    }

    /// <summary>What a model is called if nobody says: <c>ggml-base.en.bin</c> is <c>whisper-base.en</c>.</summary>
    public static string NameOf(string path)
    {
        var name = System.IO.Path.GetFileNameWithoutExtension(path);
        return name.StartsWith(FilePrefix, StringComparison.Ordinal) && name.Length > FilePrefix.Length ? "whisper-" + name[FilePrefix.Length..] : name;
    }

    /// <summary>Reads the file's header and says how it is served.</summary>
    /// <exception cref="RuntimeStartException">The file cannot be read, or is not such a model.</exception>
    public SupervisedModel Describe()
    {
        try
        {
            var facts = WhisperFacts.Read(Path);
            var model = new SupervisedModel
            {
                Name = Name,
                Path = Path,
                Program = Program,
                Kind = "whisper.cpp",
                Arguments = Arguments,
                Probe = ReadyProbe.Get("health"),
                Endpoints = facts.IsMultilingual ? [InferenceEndpoint.Transcriptions.Path, InferenceEndpoint.Translations.Path] : [InferenceEndpoint.Transcriptions.Path],
                Slots = Slots,
                ContextLength = facts.TextContext,
                MemoryBytes = facts.MemoryBytes,
                Whisper = facts,
            };
            return LoadTimeout is { } load ? model with { LoadTimeout = load } : model;
        }
        catch (Exception wrong) when (wrong is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new RuntimeStartException($"The model file {Path} cannot be served: {wrong.Message}.", wrong);
        }
    }

    private List<string> Arguments(int port)
    {
        List<string> arguments = ["-m", Path, "--host", "127.0.0.1", "--port", Text(port)];
        if (Threads is { } threads) arguments.AddRange(["-t", Text(threads)]);
        return arguments;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
