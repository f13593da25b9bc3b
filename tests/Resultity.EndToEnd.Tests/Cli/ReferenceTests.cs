using System.CommandLine;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Configuration;
using Xunit;

namespace Resultity.EndToEnd.Tests.Cli;

/// <summary>The pages that are made from the program itself. <c>RESULTITY_UPDATE_DOCS=1</c> writes them anew instead of comparing.</summary>
public sealed class ReferenceTests
{
    private const string Generated = "<!-- made from the program by ReferenceTests; RESULTITY_UPDATE_DOCS=1 writes it anew -->";
    private static readonly string Docs = Path.Combine(Path.GetDirectoryName(ThisFile())!, "../../../docs");

    [Fact]
    public void The_command_line_page_is_what_help_says() => Check("cli.md", Verbs());

    [Fact]
    public void The_configuration_page_lists_every_setting() => Check("configuration.md", SettingTable());

    [Fact]
    public void The_schema_describes_every_setting()
    {
        var file = Path.Combine(Docs, "configuration.schema.json");
        var schema = ConfigurationSchema.Create().ToJsonString(new JsonSerializerOptions { WriteIndented = true }) + "\n";
        if (Updating) File.WriteAllText(file, schema);
        Assert.Equal(schema, File.ReadAllText(file));
    }

    [Fact]
    public void The_example_configuration_is_valid_and_shown_on_the_page()
    {
        var file = Path.Combine(Docs, "configuration.example.json");
        var settings = SettingValues.Of(ConfigurationSource.ReadFile(file));
        Assert.Equal(8080, settings.Integer("gateway.port"));
        Assert.Contains(File.ReadAllText(file).Trim(), File.ReadAllText(Path.Combine(Docs, "configuration.md")), StringComparison.Ordinal);
        foreach (var (key, value) in Leaves(JsonNode.Parse(File.ReadAllText(file))!.AsObject(), ""))
        {
            Assert.True(key == "$schema" || Settings.All.Any(setting => setting.Key == key || key.StartsWith(setting.Key + ".", StringComparison.Ordinal)), $"{key}: {value}");
        }
    }

    [Fact]
    public void Every_default_is_allowed()
    {
        var defaults = Settings.All.Where(setting => setting.Default is not null)
            .ToDictionary(setting => setting.Key, setting => new GivenValue(setting.Key, ConfigurationSource.FromText(setting.Kind, setting.Default!)), StringComparer.Ordinal);
        SettingValues.Of(defaults);
    }

    private static bool Updating => Environment.GetEnvironmentVariable("RESULTITY_UPDATE_DOCS") == "1";

    private static void Check(string page, string generated)
    {
        var file = Path.Combine(Docs, page);
        var text = File.ReadAllText(file);
        var start = text.IndexOf(Generated, StringComparison.Ordinal);
        Assert.True(start >= 0, $"{page} has no line {Generated}");
        var expected = text[..start] + Generated + "\n\n" + generated;
        if (Updating) File.WriteAllText(file, expected);
        Assert.Equal(expected, File.ReadAllText(file));
    }

    private static string Verbs()
    {
        var text = new StringBuilder();
        Write(text, CommandLine.Create(Terminal(TextWriter.Null)), []);
        return text.ToString();
    }

    private static void Write(StringBuilder text, Command command, IReadOnlyList<string> path)
    {
        var help = new StringWriter { NewLine = "\n" };
        CommandLine.Create(Terminal(help)).Parse([.. path, "--help"]).Invoke(new InvocationConfiguration { Output = help, Error = help });
        var lines = help.ToString().Replace("\r", "", StringComparison.Ordinal).Trim().Split('\n').Select(line => line.TrimEnd());
        text.Append(path.Count == 0 ? "## resultity" : $"## resultity {string.Join(' ', path)}").Append("\n\n```\n").AppendJoin('\n', lines).Append("\n```\n\n");
        foreach (var verb in command.Subcommands) Write(text, verb, [.. path, verb.Name]);
    }

    private static string SettingTable()
    {
        var text = new StringBuilder("| setting | meaning | allowed | default |\n|---|---|---|---|\n");
        foreach (var setting in Settings.All)
        {
            text.Append($"| `{setting.Key}` | {setting.Meaning} | {setting.Allowed} | {(setting.Default is null ? "" : $"`{setting.Default}`")} |\n");
        }

        return text.ToString();
    }

    private static IEnumerable<(string Key, JsonNode? Value)> Leaves(JsonObject node, string prefix) =>
        node.SelectMany(pair => pair.Value is JsonObject inner ? Leaves(inner, prefix + pair.Key + ".") : [(prefix + pair.Key, pair.Value)]);

    private static Terminal Terminal(TextWriter output) => new() { In = TextReader.Null, Out = output, Error = output };

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
