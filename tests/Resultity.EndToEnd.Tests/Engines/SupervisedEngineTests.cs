using System.Diagnostics;
using Resultity.EndToEnd.Tests.Processes;
using Resultity.TestKit.Processes;
using Xunit;
using static Resultity.EndToEnd.Tests.Engines.LlamaServerFixture;

namespace Resultity.EndToEnd.Tests.Engines;

/// <summary>llama-server under a node's supervision: loaded when it is wanted, evicted when another needs the memory, restarted when it dies.</summary>
public sealed class SupervisedEngineTests
{
    private static string Ask(string model, string more = "") =>
        $$"""{"model":"{{model}}","temperature":0,"max_tokens":16{{more}},"messages":[{"role":"user","content":"What is the capital of England?"}]}""";

    [Fact]
    public async Task A_model_is_loaded_by_the_first_request_and_its_server_replaced_when_it_dies()
    {
        Need();
        await using var cloud = await StartAsync(200, "a");
        Assert.Equal("cold", await StateAsync(cloud, "a"));

        var (status, first) = await PostAsync(cloud.Http, "chat/completions", Ask("a"));
        Assert.True(status == 200, first.ToJsonString());
        Assert.Equal("ready", await StateAsync(cloud, "a"));

        foreach (var engine in Servers(cloud))
        {
            Process.GetProcessById(engine).Kill();
        }

        var (again, second) = await PostAsync(cloud.Http, "chat/completions", Ask("a"));
        Assert.True(again == 200, second.ToJsonString());
        Assert.Equal(first["choices"]!.ToJsonString(), second["choices"]!.ToJsonString());
    }

    [Fact]
    public async Task Two_models_that_do_not_fit_together_take_turns_and_every_request_is_answered()
    {
        Need();
        await using var cloud = await StartAsync(120, "a", "b");

        var answers = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => PostAsync(cloud.Http, "chat/completions", Ask(i % 2 == 0 ? "a" : "b"))));

        Assert.All(answers, static answer => Assert.True(answer.Status == 200, answer.Body.ToJsonString()));
        Assert.Single(answers.Select(static answer => (string?)answer.Body["choices"]![0]!["message"]!["content"]).Distinct());
        Assert.True(Servers(cloud).Count <= 1, "only one of the two fits");
    }

    [Fact]
    public async Task A_stream_is_never_cut_by_another_models_load()
    {
        Need();
        await using var cloud = await StartAsync(120, "a", "b");
        var (response, reader) = await BeginAsync(cloud.Http, "chat/completions", Ask("a", ""","stream":true,"ignore_eos":true""").Replace("\"max_tokens\":16", "\"max_tokens\":200", StringComparison.Ordinal));

        var other = PostAsync(cloud.Http, "chat/completions", Ask("b"));
        var rest = await reader.ReadToEndAsync();
        response.Dispose();

        Assert.Contains("data: [DONE]", rest, StringComparison.Ordinal);
        Assert.Equal(200, (await other).Status);
    }

    [Fact]
    public async Task A_model_that_exceeds_the_budget_is_refused_at_the_start()
    {
        Need();
        var (code, _, errors) = await ResultityProcess.RunAsync(
            ["up", "--port", "0", "--data", Directory.CreateTempSubdirectory("resultity-e2e-").FullName, "--builtin", "never", "--llama-server", LlamaServerProcess.Program!, "--gguf", ModelFile(), "--memory-mb", "10"],
            Installation.Variables);

        Assert.NotEqual(0, code);
        Assert.Contains("node.memory_mb", errors, StringComparison.Ordinal);
    }

    private static Task<Installation> StartAsync(int memory, params string[] names) => Installation.StartAsync(
        "up",
        ["--builtin", "never", "--llama-server", LlamaServerProcess.Program!, "--memory-mb", $"{memory}", .. names.SelectMany(static name => (string[])["--gguf", $"{ModelFile()},name={name},slots=2,context=512,threads=1"])]);

    private static async Task<string?> StateAsync(Installation cloud, string model)
    {
        var nodes = await cloud.AdminAsync("admin/v1/nodes");
        return (string?)nodes["data"]![0]!["models"]!.AsArray().Single(entry => (string?)entry!["id"] == model)!["state"];
    }

    // The servers of this installation alone: their working folder is in its data folder.
    private static List<int> Servers(Installation cloud) =>
    [
        .. Process.GetProcesses().Where(process => WorkingFolder(process.Id)?.StartsWith(cloud.Folder, StringComparison.Ordinal) == true && CommandLine(process.Id).Contains("--alias", StringComparison.Ordinal)).Select(static process => process.Id),
    ];

    private static string? WorkingFolder(int id)
    {
        try
        {
            return new FileInfo($"/proc/{id}/cwd").ResolveLinkTarget(returnFinalTarget: false)?.FullName;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string CommandLine(int id)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/cmdline");
        }
        catch (IOException)
        {
            return "";
        }
    }
}
