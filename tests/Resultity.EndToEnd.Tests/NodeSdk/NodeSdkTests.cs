using System.Diagnostics;
using System.Globalization;
using System.Runtime.CompilerServices;
using Resultity.EndToEnd.Tests.Processes;
using Resultity.TestKit.Processes;
using Xunit;

namespace Resultity.EndToEnd.Tests.NodeSdk;

/// <summary>The official OpenAI SDK for Node, unmodified, against <c>resultity up</c> with the built-in models: the suite in <c>tests/node-sdk</c>.</summary>
public sealed class NodeSdkTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <param name="dependency">A major version of the SDK, as the suite's package.json names it.</param>
    [Theory]
    [InlineData("openai")]
    [InlineData("openai5")]
    [InlineData("openai4")]
    public async Task The_official_node_sdk_runs_every_scenario(string dependency)
    {
        var suite = Path.GetFullPath(Path.Combine(SourceFolder(), "../../node-sdk"));
        Need(await RunAsync(suite, [], "node", "--version"), "node is not installed");
        Need(await RunAsync(suite, [], "npm", "--version"), "npm is not installed");
        Need(await RunAsync(suite, [], "npm", "ci", "--no-audit", "--no-fund"), "npm cannot fetch the SDK");
        var settings = Path.GetTempFileName();
        await File.WriteAllTextAsync(settings, """{"gateway":{"webhook_receivers":"private"}}""");
        await using var resultity = await Installation.StartAsync("up", "--config", settings);
        File.Delete(settings);
        await MakeLabAsync(resultity);
        var variables = new Dictionary<string, string>
        {
            ["RESULTITY_BASE_URL"] = new Uri(resultity.Url, "/v1").ToString(),
            ["RESULTITY_VIDEO_BASE_URL"] = new Uri(resultity.Url, "/subclouds/lab/v1").ToString(),
            ["RESULTITY_API_KEY"] = Installation.ApiKey,
            ["RESULTITY_OPENAI_SDK"] = dependency,
        };
        var (code, output) = await RunAsync(suite, variables, "node", "--test", "--test-concurrency=1", "--test-reporter=tap");

        Assert.True(code == 0, Failures(output) + resultity.Gateway.Errors);

        // A suite that found nothing to run passes as well.
        Assert.InRange(Count(output, "pass"), 50, 1000);
        Assert.Equal(0, Count(output, "skipped"));
    }

    /// <summary>A subcloud with videos, served by the same node.</summary>
    private static async Task MakeLabAsync(Installation resultity)
    {
        var node = (string)(await resultity.AdminAsync("admin/v1/nodes"))["data"]![0]!["id"]!;
        foreach (var arguments in (string[][])[["subclouds", "create", "lab", "--feature", "video", "--public"], ["subclouds", "admit", "lab", node]])
        {
            var (code, _, errors) = await resultity.CliAsync(arguments);
            Assert.True(code == 0, errors);
        }
    }

    private static void Need((int Code, string Output) result, string reason)
    {
        if (result.Code != 0)
        {
            Assert.SkipUnless(Environment.GetEnvironmentVariable("RESULTITY_CI") == "1", $"{reason}; RESULTITY_CI=1 makes this a failure.");
            Assert.Fail($"{reason}: {result.Output}");
        }
    }

    private static async Task<(int Code, string Output)> RunAsync(string folder, Dictionary<string, string> variables, string program, params string[] arguments)
    {
        var start = BuiltProgram.StartInfo(program, arguments);
        start.WorkingDirectory = folder;
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        try
        {
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            try
            {
                await process.WaitForExitAsync().WaitAsync(Patience);
            }
            finally
            {
                process.Kill(entireProcessTree: true);
            }

            return (process.ExitCode, string.Join('\n', await output));
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (-1, $"{program} is not installed");
        }
    }

    private static int Count(string output, string of) =>
        int.Parse(output.Split('\n').Single(line => line.StartsWith($"# {of} ", StringComparison.Ordinal)).Split(' ')[2], CultureInfo.InvariantCulture);

    // The suite's own words on what failed; all of them if it did not get that far.
    private static string Failures(string output)
    {
        var lines = output.Split('\n').Where(line => line.TrimStart().StartsWith("not ok", StringComparison.Ordinal) || line.Contains("error:", StringComparison.Ordinal)).ToList();
        return lines.Count == 0 ? output : string.Join('\n', lines);
    }

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
