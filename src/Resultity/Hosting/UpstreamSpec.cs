using System.Globalization;
using Resultity.Cli;

namespace Resultity.Hosting;

/// <summary>An OpenAI-speaking server that a node is to serve, as its operator wrote it: <c>url[,key-env=NAME][,key-file=PATH][,models=a;b][,slots=N][,endpoints=a;b][,continues=true]</c>.</summary>
/// <param name="Url">Its base URL; <c>/v1</c> at the end may be left out.</param>
/// <param name="KeyVariable">The environment variable that holds its API key.</param>
/// <param name="KeyFile">The file that holds its API key.</param>
/// <param name="Models">The models to serve; empty means all that it lists.</param>
/// <param name="Slots">How many requests it gets at once per model; <see langword="null"/> leaves it to the runtime.</param>
/// <param name="Endpoints">The paths that it serves; empty leaves it to the runtime.</param>
/// <param name="Continues">Whether it goes on from an unfinished assistant message (<c>continue_final_message</c>).</param>
internal sealed record UpstreamSpec(Uri Url, string? KeyVariable, string? KeyFile, IReadOnlyList<string> Models, int? Slots, IReadOnlyList<string> Endpoints, bool Continues)
{
    private const string Form = "Write url[,key-env=NAME][,key-file=PATH][,models=a;b][,slots=N][,endpoints=a;b][,continues=true].";

    /// <exception cref="CliException">It is written otherwise, or the key is not where it is said to be.</exception>
    public static UpstreamSpec Parse(string text, Func<string, string?> variable)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        if (!Uri.TryCreate(parts[0], UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
        {
            throw Wrong($"'{parts[0]}' is not a URL that begins with http:// or https://.");
        }

        if (url.UserInfo.Length > 0) throw Wrong("the URL holds a user name; give the key with key-env or key-file instead.");
        var spec = new UpstreamSpec(url, null, null, [], null, [], false);
        foreach (var part in parts.Skip(1))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            var (name, value) = equals < 0 ? (part, "") : (part[..equals], part[(equals + 1)..]);
            spec = name switch
            {
                "key-env" => spec with { KeyVariable = variable(value) is { Length: > 0 } ? value : throw Wrong($"the environment variable {value} is not set.") },
                "key-file" => spec with { KeyFile = Readable(value) },
                "continues" => spec with { Continues = value switch { "true" => true, "false" => false, _ => throw Wrong($"continues is '{value}'; allowed are true and false.") } },
                "models" when value.Length > 0 => spec with { Models = value.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) },
                "endpoints" when value.Length > 0 => spec with { Endpoints = EndpointList.Parse(value, Wrong) },
                "slots" => spec with { Slots = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var slots) && slots is >= 1 and <= 10_000 ? slots : throw Wrong($"slots is '{value}'; allowed is a whole number from 1 to 10000.") },
                _ => throw Wrong($"'{part}' is not understood."),
            };
        }

        return spec;
    }

    private static string Readable(string path)
    {
        try
        {
            return File.ReadAllText(path).Trim().Length > 0 ? Path.GetFullPath(path) : throw Wrong($"the key file {path} is empty.");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Wrong($"the key file {path} cannot be read: {unreadable.Message}");
        }
    }

    private static CliException Wrong(string what) => new(ExitCode.Usage, "node.openai (--openai): " + what, Form);
}
