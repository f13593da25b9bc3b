using System.Text.Json.Nodes;
using Resultity.EndToEnd.Tests.Processes;
using Resultity.TestKit.Processes;
using Xunit;

namespace Resultity.EndToEnd.Tests.Webhooks;

/// <summary>Webhooks and usage from the command line, against a running gateway.</summary>
public sealed class WebhookCliTests : IAsyncLifetime
{
    private readonly string _settings = Path.GetTempFileName();
    private readonly HookReceiver _receiver = new();
    private FakeUpstreamProcess _upstream = null!;
    private Installation _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _upstream = await FakeUpstreamProcess.StartAsync("--chunks=5");
        await File.WriteAllTextAsync(_settings, """{"gateway":{"webhook_receivers":"private"}}""");
        _gateway = await Installation.StartAsync("up", "--config", _settings, "--builtin", "never", "--openai", _upstream.Address.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _upstream.DisposeAsync();
        _receiver.Dispose();
        File.Delete(_settings);
    }

    [Fact]
    public async Task A_webhook_is_made_tried_looked_at_and_removed()
    {
        var made = JsonNode.Parse(await OutputAsync("webhooks", "create", _receiver.Url, "--event", "request.completed", "--description", "for tests", "--json"))!;
        var id = (string)made["id"]!;
        Assert.StartsWith("whsec_", (string)made["secret"]!, StringComparison.Ordinal);

        var delivery = (await OutputAsync("webhooks", "test", id)).Trim();
        Assert.Equal("webhook.test", await _receiver.NextAsync());
        await OutputAsync("webhooks", "replay", id, delivery);
        Assert.Equal("webhook.test", await _receiver.NextAsync());
        Assert.Contains(delivery, await OutputAsync("webhooks", "deliveries", id), StringComparison.Ordinal);

        await OutputAsync("request", "submit", "--model", "stub-model", "--wait", "--prompt", "hi");
        Assert.Equal("request.completed", await _receiver.NextAsync());

        var secret = (await OutputAsync("webhooks", "rotate", id, "--grace", "1h")).Trim();
        Assert.StartsWith("whsec_", secret, StringComparison.Ordinal);
        Assert.NotEqual((string)made["secret"]!, secret);
        await OutputAsync("webhooks", "update", id, "--enabled", "false");
        Assert.Contains("disabled", await OutputAsync("webhooks", "list"), StringComparison.Ordinal);
        Assert.DoesNotContain(secret, await OutputAsync("webhooks", "show", id), StringComparison.Ordinal);
        await OutputAsync("webhooks", "delete", id);
        Assert.Equal(3, (await _gateway.CliAsync("webhooks", "show", id)).Code);
    }

    [Fact]
    public async Task A_type_of_event_that_does_not_exist_is_refused_with_those_that_do()
    {
        var (code, _, errors) = await _gateway.CliAsync("webhooks", "create", _receiver.Url, "--event", "batch.done");

        Assert.Equal(1, code);
        Assert.Contains("'batch.completed'", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Usage_is_summed_up_and_the_ledger_balances()
    {
        await OutputAsync("chat", "--model", "stub-model", "hi");

        var sums = JsonNode.Parse(await UsageAsync())!["data"]![0]!;
        Assert.Equal(("stub-model", 1, 5), ((string)sums["model"]!, (int)sums["requests"]!, (int)sums["output_tokens"]!));
        Assert.Contains("stub-model", await OutputAsync("usage"), StringComparison.Ordinal);
        Assert.Equal("The ledger balances.", (await OutputAsync("usage", "check")).Trim());
        Assert.Equal(2, (await _gateway.CliAsync("usage", "list", "--by", "colour")).Code);
    }

    /// <summary>The sums, once the request's is among them: it is written a moment after its answer.</summary>
    private async Task<string> UsageAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            var sums = await OutputAsync("usage", "list", "--by", "model", "--since", "1h", "--json");
            if (sums.Contains("stub-model", StringComparison.Ordinal))
            {
                return sums;
            }

            await Task.Delay(100, patience.Token);
        }
    }

    private async Task<string> OutputAsync(params string[] arguments)
    {
        var (code, output, errors) = await _gateway.CliAsync(arguments);
        Assert.True(code == 0, errors);
        return output;
    }
}
