using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Configuration;
using Resultity.EndToEnd.Tests.Processes;
using Resultity.Hosting;
using Resultity.TestKit.Processes;
using Xunit;
using static Resultity.EndToEnd.Tests.Engines.LlamaServerFixture;

namespace Resultity.EndToEnd.Tests.Engines;

/// <summary>Server commands of the configuration: that those on the page are understood, and that one serves.</summary>
public sealed class CommandEngineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("resultity-commands-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Every_command_on_the_page_is_understood()
    {
        var commands = OfThePage();
        Assert.Equal(["env", "python3", "sd-server", "vllm"], commands.Select(static command => CommandSpec.Parse(command.Key, command.Value).Program).Distinct().Order(StringComparer.Ordinal));
        foreach (var (name, text) in commands)
        {
            var model = CommandSpec.Parse(name, text);
            var arguments = model.Arguments(23456);
            Assert.Contains(arguments, static argument => argument.Contains("23456", StringComparison.Ordinal));
            Assert.DoesNotContain(arguments, static argument => argument.Contains('{', StringComparison.Ordinal));
            // Nothing but this machine may reach what has no authentication.
            Assert.Contains(arguments, static argument => argument.Contains("127.0.0.1", StringComparison.Ordinal));
            Assert.True(model.Slots >= 1);
        }
    }

    [Fact]
    public void Options_of_a_command_are_taken_over()
    {
        var model = CommandSpec.Parse("painter", "[slots=2, memory-mb=100, context=4096, endpoints=images/generations;images/edits, continues=true, load=20m, first-token=90s] 'my server' --name \"{model} 1\" --port={port}");
        Assert.Equal(("my server", 2, 100L << 20, 4096, true), (model.Program, model.Slots, model.MemoryBytes, model.ContextLength, model.ContinuesPrefix));
        Assert.Equal(["/v1/images/generations", "/v1/images/edits"], model.Endpoints);
        Assert.Equal((TimeSpan.FromMinutes(20), TimeSpan.FromSeconds(90)), (model.LoadTimeout, model.FirstTokenTimeout));
        Assert.Equal(["--name", "painter 1", "--port=9"], model.Arguments(9));
    }

    [Theory]
    [InlineData("", "no program")]
    [InlineData("server --port 80", "{port}")]
    [InlineData("[slots=0] server {port}", "slots=0")]
    [InlineData("[slots=2 server {port}", "bracket")]
    [InlineData("[endpoints=chat/completions;nonsense] server {port}", "nonsense")]
    [InlineData("[load=soon] server {port}", "load=soon")]
    public void What_is_written_wrongly_is_named(string text, string named)
    {
        var error = Assert.Throws<CliException>(() => CommandSpec.Parse("m", text));
        Assert.Contains(named, error.Message + error.Hint, StringComparison.Ordinal);
        Assert.Contains("node.commands, m", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_serves_the_endpoints_that_it_is_said_to()
    {
        var file = Path.Combine(_folder, "node.json");
        await File.WriteAllTextAsync(file, new JsonObject
        {
            ["node"] = new JsonObject { ["commands"] = new JsonObject { ["stub-model"] = $"[slots=3,ready=/health,endpoints=chat/completions] '{BuiltProgram.Find("Resultity.FakeUpstream")}' --port {{port}} --chunks=3" } },
        }.ToJsonString());
        await using var cloud = await Installation.StartAsync("up", "--builtin", "never", "--config", file);

        var (status, answer) = await PostAsync(cloud.Http, "chat/completions", """{"model":"stub-model","messages":[{"role":"user","content":"x"}]}""");
        Assert.True(status == 200, answer.ToJsonString());
        var (embeddings, _) = await PostAsync(cloud.Http, "embeddings", """{"model":"stub-model","input":"x"}""");
        Assert.True(embeddings is 400 or 404);
    }

    private static Dictionary<string, string> OfThePage()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var page = Path.Combine(folder.FullName, "docs", "engines.md");
            if (!File.Exists(page)) continue;
            var parts = File.ReadAllText(page).Split("```");
            var found = parts.Where(static part => part.StartsWith("json\n", StringComparison.Ordinal) && part.Contains("\"commands\"", StringComparison.Ordinal)).ToList();
            Assert.NotEmpty(found);
            var all = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var json in found)
            {
                // As the program reads it, so that a misspelt setting is seen.
                var path = Path.GetTempFileName();
                File.WriteAllText(path, json["json\n".Length..]);
                var settings = SettingValues.Of(ConfigurationSource.ReadFile(path));
                File.Delete(path);
                foreach (var (name, command) in settings.Map("node.commands")) all.Add(name, command);
            }

            return all;
        }

        throw new FileNotFoundException("docs/engines.md is not above the tests' folder");
    }
}
