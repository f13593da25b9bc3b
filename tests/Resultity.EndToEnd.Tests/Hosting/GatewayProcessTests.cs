using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Resultity.EndToEnd.Tests.Processes;
using Xunit;

namespace Resultity.EndToEnd.Tests.Hosting;

public sealed class GatewayProcessTests
{
    [Fact]
    public async Task A_gateway_tells_where_it_is_and_how_nodes_join()
    {
        await using var installation = await Installation.StartAsync("gateway");
        Assert.Contains($"resultity node --join {installation.Url.ToString().TrimEnd('/')} --token rj_", installation.Gateway.Output, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await installation.Http.GetAsync(new Uri("healthz", UriKind.Relative))).StatusCode);
        var ready = JsonNode.Parse(await installation.Http.GetStringAsync(new Uri("readyz", UriKind.Relative)))!;
        Assert.Equal("ready", (string?)ready["status"]);
        Assert.DoesNotContain(Installation.ApiKey, installation.Gateway.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Keys_made_at_the_first_start_are_shown_once_and_kept_for_this_user_only()
    {
        var folder = Directory.CreateTempSubdirectory("resultity-e2e-").FullName;
        try
        {
            string key;
            await using (var first = ResultityProcess.Start(["gateway", "--port", "0", "--data", folder]))
            {
                var line = await first.LineAsync("API key");
                key = line.Split(' ').Last();
                Assert.StartsWith("rk_", key, StringComparison.Ordinal);
                await first.LineAsync("Ctrl-C");
                await first.SignalAsync("INT");
                Assert.Equal(0, await first.ExitAsync());
            }

            var access = Path.Combine(folder, "local-access.json");
            if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(access));
            await using var second = ResultityProcess.Start(["gateway", "--port", "0", "--data", folder]);
            await second.LineAsync("Ctrl-C");
            Assert.DoesNotContain(key, second.Output, StringComparison.Ordinal);
            Assert.Contains(key, await File.ReadAllTextAsync(access), StringComparison.Ordinal);
            var (code, output, errors) = await ResultityProcess.RunAsync(["keys", "list", "--data", folder]);
            Assert.True(code == 0, errors);
            Assert.Contains("made at start", output, StringComparison.Ordinal);
            Assert.DoesNotContain(key, output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_taken_port_says_so_and_what_to_do()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var folder = Directory.CreateTempSubdirectory("resultity-e2e-").FullName;
        var (code, _, errors) = await ResultityProcess.RunAsync(["up", "--data", folder, "--port", $"{port}"]);
        Assert.Equal(2, code);
        Assert.Contains($"port {port} on 127.0.0.1 is taken by another program", errors, StringComparison.Ordinal);
        Assert.Contains("--port", errors, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_second_gateway_on_the_same_data_folder_is_refused()
    {
        await using var installation = await Installation.StartAsync("gateway");
        var (code, _, errors) = await ResultityProcess.RunAsync(["gateway", "--data", installation.Folder, "--port", "0"]);
        Assert.Equal(2, code);
        Assert.Contains("in use by another process", errors, StringComparison.Ordinal);
        Assert.Contains("--data", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--port", "70000", "--port is 70000; allowed is a whole number from 0 to 65535")]
    [InlineData("--port", "http", "--port is \"http\"; allowed is a whole number from 0 to 65535")]
    [InlineData("--drain-timeout", "soon", "--drain-timeout is \"soon\"; allowed is a length of time")]
    [InlineData("--log", "xml", "--log is \"xml\"; allowed is one of text, json")]
    [InlineData("--host", "no.such.address", "gateway.host is 'no.such.address'; allowed is")]
    [InlineData("--public-url", "ftp://x", "gateway.public_url is 'ftp://x'; allowed is a URL")]
    public async Task A_wrong_option_names_itself_the_value_and_what_is_allowed(string option, string value, string expected)
    {
        var folder = Directory.CreateTempSubdirectory("resultity-e2e-").FullName;
        var (code, _, errors) = await ResultityProcess.RunAsync(["gateway", "--data", folder, option, value]);
        Assert.Equal(2, code);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("""{"gateway": {"prot": 8080}}""", "'gateway.prot' is not a setting", "gateway.port")]
    [InlineData("""{"gateway": {"port": "8080"}}""", "gateway.port is \"8080\"", "a whole number")]
    [InlineData("""{"gateway": 3}""", "gateway must be an object", "")]
    [InlineData("""{"log": {"level": "loud"}}""", "log.level is \"loud\"", "one of trace")]
    [InlineData("""{"log": {"level": "error", "level": "debug"}}""", "is not JSON", "")]
    [InlineData("""{"node": {"token": 5}}""", "node.token is (not shown)", "")]
    [InlineData("[]", "is not a JSON object", "")]
    [InlineData("{", "is not JSON", "")]
    public async Task A_wrong_configuration_file_names_the_key_the_value_and_what_is_allowed(string content, string expected, string alsoExpected)
    {
        var folder = Directory.CreateTempSubdirectory("resultity-e2e-").FullName;
        var file = Path.Combine(folder, "wrong.json");
        await File.WriteAllTextAsync(file, content);
        var (code, _, errors) = await ResultityProcess.RunAsync(["gateway", "--data", folder, "--config", file]);
        Assert.Equal(2, code);
        Assert.Contains(expected, errors, StringComparison.Ordinal);
        Assert.Contains(alsoExpected, errors, StringComparison.Ordinal);
        Assert.Contains(file, errors, StringComparison.Ordinal);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_misspelt_variable_is_refused_and_the_right_one_named()
    {
        var (code, _, errors) = await ResultityProcess.RunAsync(["gateway"], new Dictionary<string, string> { ["RESULTITY__GATEWAY__PROT"] = "1" });
        Assert.Equal(2, code);
        Assert.Contains("'RESULTITY__GATEWAY__PROT' is not a setting", errors, StringComparison.Ordinal);
        Assert.Contains("RESULTITY__GATEWAY__PORT", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Variables_configure_and_options_win_over_them()
    {
        var folder = Directory.CreateTempSubdirectory("resultity-e2e-").FullName;
        await using (var gateway = ResultityProcess.Start(
            ["gateway", "--port", "0"], new Dictionary<string, string> { ["RESULTITY__DATA"] = folder, ["RESULTITY__GATEWAY__PORT"] = "1" }))
        {
            Assert.Contains(folder, await gateway.LineAsync("Data"), StringComparison.Ordinal);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("TERM")]
    public async Task A_signal_ends_it_in_order(string signal)
    {
        await using var installation = await Installation.StartAsync("gateway");
        await installation.Gateway.SignalAsync(signal);
        Assert.Equal(0, await installation.Gateway.ExitAsync());
    }

    [Fact]
    public async Task Logs_can_be_lines_of_json()
    {
        await using var installation = await Installation.StartAsync("gateway", "--log", "json", "--log-level", "debug");
        await installation.Gateway.SignalAsync("INT");
        await installation.Gateway.ExitAsync();
        foreach (var line in installation.Gateway.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            Assert.NotNull(JsonNode.Parse(line)!["Message"]);
        }
    }
}
