using System.Collections;
using System.Text.Json;
using System.Text.Json.Nodes;
using Resultity.Cli;

namespace Resultity.Configuration;

/// <summary>A value that somebody gave a setting, and where: the place stands in every error.</summary>
/// <param name="Place">Such as <c>gateway.json: gateway.port</c> or <c>--port</c>.</param>
internal readonly record struct GivenValue(string Place, JsonNode Value);

/// <summary>Reads settings from where operators put them. Unknown names are refused: a misspelt setting that is ignored is worse than an error.</summary>
internal static class ConfigurationSource
{
    private const int LargestFile = 1 << 20;

    public static Dictionary<string, GivenValue> ReadFile(string path)
    {
        JsonObject root;
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: > LargestFile }) throw new CliException(ExitCode.Usage, $"{path} is larger than {LargestFile >> 10} KB.");
            root = JsonNode.Parse(
                File.ReadAllText(path),
                documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true, AllowDuplicateProperties = false }) as JsonObject
                ?? throw new CliException(ExitCode.Usage, $"{path} is not a JSON object.");
        }
        catch (JsonException wrong)
        {
            throw new CliException(ExitCode.Usage, $"{path} is not JSON: {wrong.Message}");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Usage, $"--config {path} cannot be read: {unreadable.Message}");
        }

        var given = new Dictionary<string, GivenValue>(StringComparer.Ordinal);
        Collect(root, "", path, given);
        return given;
    }

    public static Dictionary<string, GivenValue> ReadEnvironment(IDictionary variables)
    {
        var known = Settings.All.ToDictionary(setting => setting.EnvironmentName, StringComparer.OrdinalIgnoreCase);
        var given = new Dictionary<string, GivenValue>(StringComparer.Ordinal);
        foreach (DictionaryEntry variable in variables)
        {
            var name = (string)variable.Key;
            if (!name.StartsWith(Settings.EnvironmentPrefix, StringComparison.OrdinalIgnoreCase)) continue;
            var setting = known.GetValueOrDefault(name) ?? throw Unknown(name, "the environment", known.Keys);
            given[setting.Key] = new GivenValue(name, FromText(setting.Kind, (string?)variable.Value ?? ""));
        }

        return given;
    }

    /// <summary>A value as JSON would have it, from one text.</summary>
    public static JsonNode FromText(SettingKind kind, string text)
    {
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        switch (kind)
        {
            case SettingKind.Integer when long.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var number):
                return JsonValue.Create(number);
            case SettingKind.List:
                return new JsonArray([.. parts.Select(part => (JsonNode)part)]);
            case SettingKind.Map:
                var map = new JsonObject();
                foreach (var part in parts)
                {
                    var equals = part.IndexOf('=', StringComparison.Ordinal);
                    map[equals < 0 ? part : part[..equals]] = equals < 0 ? "" : part[(equals + 1)..];
                }

                return map;
            default:
                return JsonValue.Create(text);
        }
    }

    private static void Collect(JsonObject node, string prefix, string file, Dictionary<string, GivenValue> given)
    {
        foreach (var (name, value) in node)
        {
            // Lets editors check the file against the schema.
            if (prefix.Length == 0 && name == "$schema") continue;
            var key = prefix + name;
            if (Settings.All.Any(setting => setting.Key == key))
            {
                given[key] = new GivenValue($"{file}: {key}", value?.DeepClone() ?? throw new CliException(ExitCode.Usage, $"{file}: {key} is null; allowed is {Settings.Of(key).Allowed}."));
            }
            else if (Settings.All.Any(setting => setting.Key.StartsWith(key + ".", StringComparison.Ordinal)))
            {
                Collect(value as JsonObject ?? throw new CliException(ExitCode.Usage, $"{file}: {key} must be an object."), key + ".", file, given);
            }
            else
            {
                var siblings = Settings.All.Where(setting => setting.Key.StartsWith(prefix, StringComparison.Ordinal)).Select(setting => setting.Key);
                throw Unknown(key, file, siblings);
            }
        }
    }

    private static CliException Unknown(string name, string place, IEnumerable<string> known)
    {
        var near = known.MinBy(candidate => Distance(name.ToUpperInvariant(), candidate.ToUpperInvariant()));
        return new CliException(ExitCode.Usage, $"{place}: '{Table.Safe(name)}' is not a setting.", near is null ? null : $"Did you mean '{near}'? All settings are in docs/configuration.md.");
    }

    /// <summary>Levenshtein's distance.</summary>
    private static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                var above = row[j];
                row[j] = Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (one[i - 1] == other[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[^1];
    }
}
