using System.Text.Json.Nodes;
using Resultity.Cli;

namespace Resultity.Configuration;

/// <summary>The settings of this process, checked: defaults, under a file, under the environment, under the command line.</summary>
internal sealed class SettingValues
{
    private readonly Dictionary<string, JsonNode> _values = new(StringComparer.Ordinal);

    private SettingValues()
    {
    }

    /// <summary>Puts the layers on top of each other; later ones win.</summary>
    /// <exception cref="CliException">A value is not allowed; the message names the place, the value and what is allowed.</exception>
    public static SettingValues Of(params IEnumerable<IReadOnlyDictionary<string, GivenValue>> layers)
    {
        var settled = new SettingValues();
        foreach (var setting in Settings.All)
        {
            if (setting.Default is { } value) settled._values[setting.Key] = ConfigurationSource.FromText(setting.Kind, value);
        }

        foreach (var layer in layers)
        {
            foreach (var (key, given) in layer)
            {
                var setting = Settings.Of(key);
                if (!IsAllowed(setting, given.Value))
                {
                    var shown = setting.IsSecret ? "(not shown)" : Table.Safe(given.Value.ToJsonString());
                    throw new CliException(ExitCode.Usage, $"{given.Place} is {shown}; allowed is {setting.Allowed}.");
                }

                settled._values[key] = given.Value;
            }
        }

        return settled;
    }

    public string? Text(string key) => _values.TryGetValue(key, out var value) ? value.GetValue<string>() : null;

    public string RequiredText(string key) => Text(key) ?? throw new InvalidOperationException($"{key} has no default.");

    public int Integer(string key) => (int)_values[key].GetValue<long>();

    public int? OptionalInteger(string key) => _values.TryGetValue(key, out var value) ? (int)value.GetValue<long>() : null;

    public TimeSpan Duration(string key) => DurationText.TryParse(RequiredText(key), out var milliseconds) ? TimeSpan.FromMilliseconds(milliseconds) : default;

    public IReadOnlyList<string> List(string key) => _values.TryGetValue(key, out var value) ? [.. value.AsArray().Select(item => item!.GetValue<string>())] : [];

    public IReadOnlyDictionary<string, string> Map(string key) =>
        _values.TryGetValue(key, out var value) ? value.AsObject().ToDictionary(pair => pair.Key, pair => pair.Value!.GetValue<string>(), StringComparer.Ordinal) : new Dictionary<string, string>();

    private static bool IsAllowed(Setting setting, JsonNode value) => setting.Kind switch
    {
        SettingKind.Integer => value is JsonValue number && number.TryGetValue(out long integer) && integer >= setting.Min && integer <= setting.Max,
        SettingKind.Duration => AsText(value) is { } text && DurationText.TryParse(text, out var milliseconds) && milliseconds >= setting.Min && milliseconds <= setting.Max,
        SettingKind.Choice => AsText(value) is { } word && setting.Choices.Contains(word),
        SettingKind.List => value is JsonArray items && items.All(item => AsText(item) is { Length: > 0 }),
        SettingKind.Map => value is JsonObject members && members.All(pair => pair.Key.Length > 0 && AsText(pair.Value) is { Length: > 0 }),
        _ => AsText(value) is { Length: > 0 },
    };

    private static string? AsText(JsonNode? node) => node is JsonValue value && value.TryGetValue(out string? text) ? text : null;
}
