using System.Text.Json.Nodes;
using Resultity.EndToEnd.Tests.Processes;
using Xunit;

namespace Resultity.EndToEnd.Tests.Cli;

/// <summary>What the command line does without a gateway, or with one that has nothing to compute on.</summary>
public sealed class CommandLineTests
{
    private static readonly Dictionary<string, string> Nobody = new() { ["RESULTITY_DATA"] = "/nonexistent", ["RESULTITY_URL"] = "http://127.0.0.1:9" };

    [Fact]
    public async Task The_version_is_told()
    {
        var (code, output, _) = await ResultityProcess.RunAsync(["--version"]);
        Assert.Equal(0, code);
        Assert.Matches(@"^\d+\.\d+\.\d+", output);
    }

    [Fact]
    public async Task Without_a_verb_the_verbs_are_listed()
    {
        var (code, output, errors) = await ResultityProcess.RunAsync([]);
        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.Contains("up", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("chat", "hello")]
    [InlineData("chat", "--models", "mistral,gemma", "hello")]
    [InlineData("models")]
    [InlineData("keys", "list")]
    [InlineData("request", "list")]
    [InlineData("status")]
    public async Task An_absent_gateway_is_explained(params string[] arguments)
    {
        var (code, output, errors) = await ResultityProcess.RunAsync(arguments, Nobody);
        Assert.Equal(5, code);
        Assert.Empty(output);
        Assert.Contains("cannot reach http://127.0.0.1:9/: is the gateway running?", errors, StringComparison.Ordinal);
        Assert.Contains("resultity up", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("frobnicate")]
    [InlineData("chat", "--frob")]
    [InlineData("bench", "-c", "0")]
    [InlineData("request", "submit")]
    [InlineData("request", "submit", "--prompt", "a", "--body", "b")]
    [InlineData("keys", "create")]
    [InlineData("keys", "create", "--name", "x", "--expires-in", "soon")]
    [InlineData("completion", "cmd")]
    [InlineData("models", "pull", "../../etc/passwd")]
    [InlineData("chat", "hello", "--url", "not-a-url")]
    [InlineData("node")]
    public async Task A_wrong_command_line_exits_with_2_and_says_why_on_standard_error(params string[] arguments)
    {
        var (code, output, errors) = await ResultityProcess.RunAsync(arguments, Nobody);
        Assert.Equal(2, code);
        Assert.Empty(output);
        Assert.StartsWith("error: ", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bash", "complete -o default -F _resultity resultity")]
    [InlineData("zsh", "compdef _resultity resultity")]
    [InlineData("fish", "complete -f -c resultity")]
    public async Task Completion_scripts_are_printed(string shell, string expected)
    {
        var (code, output, _) = await ResultityProcess.RunAsync(["completion", shell]);
        Assert.Equal(0, code);
        Assert.Contains(expected, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Completion_knows_the_verbs()
    {
        var (_, output, _) = await ResultityProcess.RunAsync(["[suggest:13]", "resultity req"]);
        Assert.Equal("request", output.Trim());
    }

    [Fact]
    public async Task A_wrong_key_exits_with_4_and_an_unknown_id_with_3()
    {
        await using var installation = await Installation.StartAsync("gateway");
        var (code, _, errors) = await installation.CliAsync("models", "--key", "rk_this-key-is-wrong");
        Assert.Equal(4, code);
        Assert.Contains("resultity keys create", errors, StringComparison.Ordinal);
        (code, _, _) = await installation.CliAsync("keys", "revoke", "key_nosuch");
        Assert.Equal(3, code);
        (code, _, errors) = await installation.CliAsync("models", "show", "nosuch");
        Assert.True(code == 3, errors);
    }

    [Fact]
    public async Task Keys_are_created_used_rotated_and_revoked()
    {
        await using var installation = await Installation.StartAsync("gateway");
        var (code, output, errors) = await installation.CliAsync("keys", "create", "--name", "laptop", "--namespace", "team", "--requests-per-minute", "100", "--json");
        Assert.True(code == 0, errors);
        var made = JsonNode.Parse(output)!;
        var (id, key) = ((string)made["id"]!, (string)made["key"]!);
        Assert.Equal("team", (string?)made["namespace"]);
        Assert.Equal(0, (await installation.CliAsync("models", "--key", key)).Code);

        (code, var rotated, errors) = await installation.CliAsync("keys", "rotate", id);
        Assert.True(code == 0, errors);
        Assert.StartsWith("rk_", rotated, StringComparison.Ordinal);
        Assert.Equal(4, (await installation.CliAsync("models", "--key", key)).Code);
        Assert.Equal(0, (await installation.CliAsync("models", "--key", rotated.Trim())).Code);

        Assert.Equal(0, (await installation.CliAsync("keys", "revoke", id)).Code);
        Assert.Equal(4, (await installation.CliAsync("models", "--key", rotated.Trim())).Code);
        Assert.Contains("revoked", (await installation.CliAsync("keys")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_local_gateways_keys_go_nowhere_else()
    {
        await using var installation = await Installation.StartAsync("gateway");
        using var elsewhere = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        elsewhere.Start();
        var port = ((System.Net.IPEndPoint)elsewhere.LocalEndpoint).Port;
        var run = ResultityProcess.RunAsync(["keys", "--data", installation.Folder, "--url", $"http://127.0.0.1:{port}"]);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        using var connection = await elsewhere.AcceptTcpClientAsync(patience.Token);
        var stream = connection.GetStream();
        var buffer = new byte[4096];
        var read = await stream.ReadAsync(buffer, patience.Token);
        var head = System.Text.Encoding.ASCII.GetString(buffer, 0, read);
        Assert.Contains("GET /admin/v1/keys", head, StringComparison.Ordinal);
        Assert.DoesNotContain("Authorization", head, StringComparison.OrdinalIgnoreCase);
        await stream.WriteAsync("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
        Assert.Equal(4, (await run).Code);
    }

    [Fact]
    public async Task Status_and_nodes_are_shown()
    {
        await using var installation = await Installation.StartAsync("gateway");
        var (code, output, errors) = await installation.CliAsync("status");
        Assert.True(code == 0, errors);
        Assert.Contains("0 linked of 0", output, StringComparison.Ordinal);
        (code, output, _) = await installation.CliAsync("nodes", "tokens", "create", "--json");
        Assert.Equal(0, code);
        Assert.StartsWith("rj_", (string?)JsonNode.Parse(output)!["token"], StringComparison.Ordinal);
        Assert.Contains("valid", (await installation.CliAsync("nodes", "tokens")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await installation.CliAsync("nodes")).Code);
    }
}
