using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;
using Resultity.Gateway.Tests.Kit;
using Resultity.Serving.Scheduling;

namespace Resultity.Gateway.Tests.Requests;

/// <summary>What clients are told while the model that they wait for is being loaded.</summary>
public sealed class LoadingTests : PollingTest
{
    private const string Chat = "/v1/chat/completions";

    // Only one may wait, so that the second is refused.
    internal override Task<TestGateway> StartGatewayAsync() =>
        TestGateway.StartAsync(services: static services => services.AddSingleton(new SchedulingOptions { MaxQueueLength = 1 }));

    [Fact]
    public async Task A_stream_says_how_far_the_load_on_its_node_is_and_says_so_again_when_it_changes()
    {
        await Upstream.SetAsync("latency=1m");
        Offer(ModelState.Cold, new ModelLoading { State = LoadingState.Loading, Progress = 0.421, EtaSeconds = 12.34 });
        await using var stream = await SseReading.OpenAsync(await SendAsync(HttpMethod.Post, Chat, Streamed(), HttpCompletionOption.ResponseHeadersRead));

        await stream.ReadAsync();
        Assert.Equal("loading state=loading progress=0.42 eta=12", stream.Comments.Single());
        Offer(ModelState.Cold, new ModelLoading { State = LoadingState.Testing });
        await stream.ReadAsync();
        Assert.Equal("loading state=testing", stream.Comments[^1]);
    }

    [Fact]
    public async Task A_status_says_how_far_the_load_is_until_the_model_is_ready()
    {
        Offer(ModelState.Untested, new ModelLoading { State = LoadingState.Loading, Progress = 0.5, EtaSeconds = 3 });
        var submitted = await SubmitAsync();

        var status = await Eventually.BecomesAsync(async () => (await GetAsync(Url(submitted))).Body, static body => body.TryGetProperty("loading", out _), "the load is told");
        Assert.Equal("queued", Status(status));
        Assert.Equal("""{"state":"loading","progress":0.5,"eta_seconds":3}""", status.GetProperty("loading").GetRawText());

        Offer(ModelState.Ready, null);
        var finished = await FinishedAsync(submitted);
        Assert.Equal("completed", Status(finished));
        Assert.False(finished.TryGetProperty("loading", out _));
    }

    [Fact]
    public async Task Where_no_more_may_wait_for_a_load_the_refusal_says_when_to_come_back()
    {
        Offer(ModelState.Untested, new ModelLoading { State = LoadingState.Waiting, EtaSeconds = 40 });
        var waiting = await SubmitAsync();
        await Eventually.BecomesAsync(async () => (await GetAsync(Url(waiting))).Body, static body => body.TryGetProperty("loading", out _), "one request waits");

        using var response = await PostAsync(Chat, ChatBody);

        await AssertErrorAsync(response, 503, "model_loading");
        Assert.Equal("40", response.Headers.GetValues("retry-after").Single());
        var body = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal("""{"state":"waiting","eta_seconds":40}""", body.GetProperty("loading").GetRawText());
        Assert.Equal(1, body.GetProperty("queue").GetProperty("ahead").GetInt32());
    }

    [Fact]
    public async Task A_deadline_that_passes_during_a_load_says_how_far_it_was()
    {
        Offer(ModelState.Untested, new ModelLoading { State = LoadingState.Loading, Progress = 0.75 });

        using var response = await PostAsync(Chat, ChatBody, ("Cancel-After", "300ms"));

        await AssertErrorAsync(response, 504, "deadline_exceeded");
        var body = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal("""{"state":"loading","progress":0.75}""", body.GetProperty("loading").GetRawText());
    }

    [Fact]
    public async Task A_load_on_one_node_is_nobody_s_concern_while_another_has_the_model_ready()
    {
        Gateway.AddNode("node-b", Upstream, slots: 1);
        Offer(ModelState.Untested, new ModelLoading { State = LoadingState.Loading });
        await Upstream.SetAsync("stall-after=1");
        await using var running = await SseReading.OpenAsync(await SendAsync(HttpMethod.Post, Chat, Streamed(), HttpCompletionOption.ResponseHeadersRead));
        await running.ReadEventsAsync(1);

        await using var waiting = await SseReading.OpenAsync(await SendAsync(HttpMethod.Post, Chat, Streamed(), HttpCompletionOption.ResponseHeadersRead));
        await waiting.ReadAsync();

        Assert.Equal(["queued position=1"], waiting.Comments);
    }

    private void Offer(ModelState state, ModelLoading? loading) =>
        Gateway.Services.GetRequiredService<IFleetFacts>().NodeIsUp("node-a", null, [new ModelOffer
        {
            Model = TestGateway.Model,
            Endpoints = [.. InferenceEndpoint.All.Select(static endpoint => endpoint.Path)],
            Slots = 4,
            State = state,
            Loading = loading,
        }]);
}
