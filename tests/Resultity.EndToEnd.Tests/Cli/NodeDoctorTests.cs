using System.Text.Json.Nodes;
using Resultity.EndToEnd.Tests.Engines;
using Resultity.EndToEnd.Tests.Processes;
using Xunit;

namespace Resultity.EndToEnd.Tests.Cli;

/// <summary><c>resultity node doctor</c> on this machine, with engines that are there, not there, and broken.</summary>
public sealed class NodeDoctorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("resultity-doctor-test-").FullName;

    private static Dictionary<string, string> Engines => new() { ["RESULTITY_ENGINES"] = Environment.GetEnvironmentVariable("RESULTITY_ENGINES")! };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_real_engine_is_found_with_its_version_and_its_model_with_the_memory_it_takes()
    {
        LlamaServerFixture.Need();
        var (code, report, _) = await ExamineAsync(Engines, "--gguf", LlamaServerFixture.ModelFile());

        var engine = Engine(report, "llama-server");
        Assert.Equal((0, true), (code, (bool)engine["needed"]!));
        Assert.Matches(@"^\d+(\.\d+)*", (string)engine["version"]!);
        Assert.True(File.Exists((string)engine["path"]!));
        var model = Assert.Single(report["models"]!.AsArray())!;
        Assert.Equal(("resultity-mini-chat-f16", "llama.cpp"), ((string?)model["name"], (string?)model["runtime"]));
        Assert.True((long)model["memory_bytes"]! > new FileInfo(LlamaServerFixture.ModelFile()).Length);
        Assert.Empty(report["problems"]!.AsArray());
        Assert.True((bool)report["ok"]!);
        Assert.All((string[])["memory_bytes", "free_memory_bytes", "free_disk_bytes", "processors"], fact => Assert.True((long)report["system"]![fact]! > 0, fact));
    }

    [Fact]
    public async Task An_engine_that_is_needed_and_not_there_is_a_problem_with_advice()
    {
        var (code, report, _) = await ExamineAsync([], "--gguf", LlamaServerFixture.ModelFile(), "--llama-server", "/nonexistent/llama-server");
        Assert.Equal(1, code);
        var engine = Engine(report, "llama-server");
        Assert.Null(engine["path"]);
        Assert.Contains("/nonexistent/llama-server", (string)engine["problem"]!, StringComparison.Ordinal);
        Assert.NotEmpty((string)engine["advice"]!);
        Assert.Contains(report["problems"]!.AsArray(), static problem => ((string)problem!).StartsWith("llama-server: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_engine_that_does_not_run_is_told_from_one_that_is_not_there()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "It is a shell script.");
        var broken = Path.Combine(_folder, "llama-server");
        await File.WriteAllTextAsync(broken, "#!/bin/sh\necho 'libllama.so.9: cannot open shared object file' >&2\nexit 127\n", TestContext.Current.CancellationToken);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(broken, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        var (code, report, _) = await ExamineAsync([], "--gguf", LlamaServerFixture.ModelFile(), "--llama-server", broken);

        Assert.Equal(1, code);
        var engine = Engine(report, "llama-server");
        Assert.Equal(broken, (string?)engine["path"]);
        Assert.Contains("libllama.so.9: cannot open", (string)engine["problem"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_larger_than_the_memory_is_a_problem_and_what_is_not_needed_is_none()
    {
        LlamaServerFixture.Need();
        var (code, report, _) = await ExamineAsync(Engines, "--gguf", LlamaServerFixture.ModelFile(), "--memory-mb", "10");
        Assert.Equal(1, code);
        Assert.Contains(report["problems"]!.AsArray(), static problem => ((string)problem!).Contains("node.memory_mb", StringComparison.Ordinal));

        var (fine, nothing, _) = await ExamineAsync([], "--builtin", "never");
        Assert.Equal((0, 0), (fine, nothing["models"]!.AsArray().Count));
    }

    [Fact]
    public async Task People_read_what_the_json_says_and_nothing_is_written_into_the_data_folder()
    {
        var (code, output, errors) = await ResultityProcess.RunAsync(["node", "doctor", "--builtin", "always", "--data", _folder]);
        Assert.True(code == 0, errors);
        foreach (var text in (string[])["This machine", "Engines", "llama-server", "whisper-server", "ffmpeg", "resultity-mini-chat  onnx", "All that this node is to serve can be served."])
            Assert.Contains(text, output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    private static JsonNode Engine(JsonNode report, string name) => report["engines"]!.AsArray().Single(engine => (string?)engine!["name"] == name)!;

    private async Task<(int Code, JsonNode Report, string Errors)> ExamineAsync(Dictionary<string, string> variables, params string[] options)
    {
        var (code, output, errors) = await ResultityProcess.RunAsync(["node", "doctor", "--json", "--data", _folder, .. options], variables);
        Assert.True(output.StartsWith('{'), output + errors);
        return (code, JsonNode.Parse(output)!, errors);
    }
}
