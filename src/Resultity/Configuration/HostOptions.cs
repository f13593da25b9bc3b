using System.CommandLine;
using System.Text.Json.Nodes;

namespace Resultity.Configuration;

/// <summary>The options of the verbs that host something, each the short form of a setting.</summary>
internal sealed class HostOptions
{
    private readonly List<(Option Option, string Key)> _options = [];
    private readonly Option<string?> _config = new("--config") { Description = "A file with settings (JSON; docs/configuration.md)", HelpName = "file" };

    /// <param name="command">Gets the options.</param>
    /// <param name="names">Which settings have an option, and what it is called.</param>
    public HostOptions(Command command, params ReadOnlySpan<(string Name, string Key, string HelpName)> names)
    {
        foreach (var (name, key, help) in names)
        {
            var setting = Settings.Of(key);
            var description = setting.Meaning.TrimEnd('.') + (setting.Default is { } value ? $" [default: {value}]" : "");
            Option option = setting.Kind == SettingKind.List
                ? new Option<string[]>(name) { Description = description + "; repeat for more", HelpName = help }
                : new Option<string?>(name) { Description = description, HelpName = help };
            _options.Add((option, key));
            command.Add(option);
        }

        command.Add(_config);
    }

    /// <summary>The settings of this process: defaults, file, environment, command line.</summary>
    public SettingValues Read(ParseResult parsed)
    {
        var file = parsed.GetValue(_config) is { } path ? ConfigurationSource.ReadFile(path) : [];
        return SettingValues.Of(file, ConfigurationSource.ReadEnvironment(Environment.GetEnvironmentVariables()), CommandLine(parsed));
    }

    private Dictionary<string, GivenValue> CommandLine(ParseResult parsed)
    {
        var given = new Dictionary<string, GivenValue>(StringComparer.Ordinal);
        foreach (var (option, key) in _options)
        {
            if (parsed.GetResult(option) is not { Implicit: false }) continue;
            JsonNode? value = option is Option<string[]> list
                ? new JsonArray([.. parsed.GetValue(list)!.Select(item => (JsonNode)item)])
                : parsed.GetValue((Option<string?>)option) is { } text ? ConfigurationSource.FromText(Settings.Of(key).Kind, text) : null;
            if (value is not null) given[key] = new GivenValue(option.Name, value);
        }

        return given;
    }
}
