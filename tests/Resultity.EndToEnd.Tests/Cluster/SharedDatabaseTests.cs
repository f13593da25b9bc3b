using System.Net;
using System.Text.Json;
using Resultity.TestKit.Processes;
using Xunit;

namespace Resultity.EndToEnd.Tests.Cluster;

/// <summary>Several gateways, processes of their own, on one PostgreSQL database.</summary>
public sealed class SharedDatabaseTests(ClusterFixture fixture) : IClassFixture<ClusterFixture>, IDisposable
{
    private readonly string _blobs = Directory.CreateTempSubdirectory("resultity-blobs-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_request_runs_where_its_model_is_and_is_seen_everywhere()
    {
        var database = await fixture.NewDatabaseAsync();
        await using var alpha = await FakeUpstreamProcess.StartAsync("--model=alpha");
        await using var beta = await FakeUpstreamProcess.StartAsync("--model=beta", "--echo=text");
        await using var one = await ClusterGateway.StartAsync(database, _blobs, alpha);
        await using var two = await ClusterGateway.StartAsync(database, _blobs, beta);

        // Larger than what is kept in a row, so that the blobs' folder is shared as well.
        var id = await one.SubmitAsync("beta", "word " + new string('x', 40_000));
        await one.UntilAsync(id, "completed");
        var answer = JsonElement.Parse(await one.Client.GetStringAsync($"/v1/requests/{id}/response", Cancellation));
        Assert.StartsWith("word", answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!.Trim(), StringComparison.Ordinal);
        await two.UntilAsync(id, "completed");
        Assert.Equal((0, 1), (await alpha.CountAsync("requests"), await beta.CountAsync("requests")));
    }

    [Fact]
    public async Task A_cancel_at_one_gateway_stops_the_run_at_the_other()
    {
        var database = await fixture.NewDatabaseAsync();
        await using var alpha = await FakeUpstreamProcess.StartAsync("--model=alpha");
        await using var beta = await FakeUpstreamProcess.StartAsync("--model=beta", "--latency=10m");
        await using var one = await ClusterGateway.StartAsync(database, _blobs, alpha);
        await using var two = await ClusterGateway.StartAsync(database, _blobs, beta);
        var id = await one.SubmitAsync("beta");
        await beta.WaitForAsync("running", 1, TimeSpan.FromSeconds(60));
        await one.UntilAsync(id, "in_progress");
        using var cancel = await one.Client.PostAsync($"/v1/requests/{id}/cancel", null, Cancellation);
        Assert.True(cancel.IsSuccessStatusCode);
        await beta.WaitForAsync("running", 0, TimeSpan.FromSeconds(60));
        await one.UntilAsync(id, "cancelled");
    }

    [Fact]
    public async Task Lines_of_a_batch_run_where_their_models_are()
    {
        var database = await fixture.NewDatabaseAsync();
        await using var alpha = await FakeUpstreamProcess.StartAsync("--model=alpha");
        await using var beta = await FakeUpstreamProcess.StartAsync("--model=beta");
        await using var one = await ClusterGateway.StartAsync(database, _blobs, alpha);
        await using var two = await ClusterGateway.StartAsync(database, _blobs, beta);
        var batch = await one.BatchAsync("alpha", "beta", "alpha", "beta", "beta");

        var done = await one.UntilBatchAsync(batch, "completed");

        Assert.Equal("""{"total":5,"completed":5,"failed":0}""", done.GetProperty("request_counts").GetRawText());
        Assert.Equal((2, 3), (await alpha.CountAsync("requests"), await beta.CountAsync("requests")));
    }

    [Fact]
    public async Task A_batch_that_is_cancelled_at_one_gateway_stops_at_the_other()
    {
        var database = await fixture.NewDatabaseAsync();
        await using var alpha = await FakeUpstreamProcess.StartAsync("--model=alpha");
        await using var beta = await FakeUpstreamProcess.StartAsync("--model=beta", "--latency=10m");
        await using var one = await ClusterGateway.StartAsync(database, _blobs, alpha);
        await using var two = await ClusterGateway.StartAsync(database, _blobs, beta);
        var batch = await one.BatchAsync("beta", "beta");
        await beta.WaitForAsync("running", 2, TimeSpan.FromSeconds(60));
        using var cancel = await one.Client.PostAsync($"/v1/batches/{batch}/cancel", null, Cancellation);
        Assert.True(cancel.IsSuccessStatusCode);
        await beta.WaitForAsync("running", 0, TimeSpan.FromSeconds(60));
        await one.UntilBatchAsync(batch, "cancelled");
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("KILL")]
    public async Task What_a_gateway_was_at_when_it_ended_another_finishes(string signal)
    {
        var database = await fixture.NewDatabaseAsync();
        await using var slow = await FakeUpstreamProcess.StartAsync("--latency=10m");
        await using var fast = await FakeUpstreamProcess.StartAsync("--echo=text");
        await using var one = await ClusterGateway.StartAsync(database, _blobs, slow);
        var ids = new List<string>();
        for (var i = 0; i < 5; i++) ids.Add(await one.SubmitAsync("stub-model", $"word{i}"));
        await slow.WaitForAsync("running", 5, TimeSpan.FromSeconds(60));
        await using var two = await ClusterGateway.StartAsync(database, _blobs, fast);
        await one.SignalAsync(signal);
        await one.ExitAsync();
        for (var i = 0; i < ids.Count; i++)
        {
            await two.UntilAsync(ids[i], "completed");
            var answer = JsonElement.Parse(await two.Client.GetStringAsync($"/v1/requests/{ids[i]}/response", Cancellation));
            Assert.Equal($"word{i}", answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!.Trim().Split(' ')[0]);
        }
    }

    [Fact]
    public async Task Without_its_database_a_gateway_says_503_and_afterwards_nothing_is_missing()
    {
        ClusterFixture.RequirePostgres();
        await using var server = await PostgresServer.StartAsync();
        await using var upstream = await FakeUpstreamProcess.StartAsync();
        await using var gateway = await ClusterGateway.StartAsync(await server.CreateDatabaseAsync(), _blobs, upstream);
        var before = await gateway.SubmitAsync("stub-model");
        await gateway.UntilAsync(before, "completed");
        await server.KillAsync();
        for (var i = 0; i < 3; i++)
        {
            using var refused = await gateway.PostAsync("stub-model", "hello");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.StatusCode);
            Assert.NotNull(refused.Headers.RetryAfter);
            var error = JsonElement.Parse(await refused.Content.ReadAsStringAsync(Cancellation)).GetProperty("error");
            Assert.Equal("storage_unavailable", error.GetProperty("code").GetString());
        }

        await server.RestartAsync();
        var after = await gateway.SubmitAsync("stub-model");
        await gateway.UntilAsync(after, "completed");
        await gateway.UntilAsync(before, "completed");
    }

    [Fact]
    public async Task A_database_that_is_not_there_ends_the_start_with_a_sentence()
    {
        ClusterFixture.RequirePostgres();
        var (code, _, errors) = await Processes.ResultityProcess.RunAsync(
            ["gateway", "--port", "0", "--data", Path.Combine(_blobs, "data"), "--database", "postgres://me:secret@127.0.0.1:1/mine"]);
        Assert.NotEqual(0, code);
        Assert.Contains("The database mine on 127.0.0.1:1 is not reachable", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", errors, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_blobs, recursive: true);
}
