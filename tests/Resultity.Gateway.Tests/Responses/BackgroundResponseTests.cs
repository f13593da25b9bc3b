#pragma warning disable OPENAI001 // The SDK marks all of responses as under evaluation.
using System.ClientModel;
using System.Text;
using System.Text.Json;
using OpenAI.Responses;
using static Resultity.Gateway.Tests.Responses.ResponseBench;

namespace Resultity.Gateway.Tests.Responses;

public sealed class BackgroundResponseTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private ResponseGateway _gateway = null!;

    public async ValueTask InitializeAsync() => _gateway = await ResponseGateway.StartAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task A_background_response_is_queued_and_completes()
    {
        _gateway.Node.SaysText("Later.");
        ResponseResult queued = await _gateway.Client.CreateResponseAsync(Background("Hi", stream: false));
        Assert.Equal(ResponseStatus.Queued, queued.Status);
        Assert.True(queued.BackgroundModeEnabled);

        var done = await FinishedAsync(queued.Id);
        Assert.Equal(ResponseStatus.Completed, done.Status);
        Assert.Equal("Later.", done.GetOutputText());
        Assert.Equal(queued.CreatedAt, done.CreatedAt);

        _gateway.Node.SaysText("Even later.");
        ResponseResult next = await _gateway.Client.CreateResponseAsync(ResponseGateway.Model, "And?", done.Id);
        Assert.Equal("Even later.", next.GetOutputText());
        Assert.Equal("Later.", _gateway.Node.Asked.Last().GetProperty("messages")[1].GetProperty("content").GetString());
    }

    [Fact]
    public async Task A_background_stream_is_resumed_from_any_event()
    {
        var gate = new TaskCompletionSource();
        _gateway.Node.Streams([TextChunk("Hel"), null, TextChunk("lo"), Finish("stop")], gate.Task);
        var id = "";
        var last = -1;
        var text = "";
        await foreach (var update in await _gateway.Client.CreateResponseStreamingAsync(Background("Hi", stream: true)))
        {
            id = update is StreamingResponseCreatedUpdate created ? created.Response.Id : id;
            last = update.SequenceNumber;
            if (update is StreamingResponseOutputTextDeltaUpdate delta)
            {
                // The client's connection is lost in the middle of the answer.
                text += delta.Delta;
                break;
            }
        }

        gate.SetResult();
        var kinds = new List<string>();
        await foreach (var update in await _gateway.Client.GetResponseStreamingAsync(new GetResponseOptions(id) { StartingAfter = last, StreamingEnabled = true }))
        {
            Assert.Equal(++last, update.SequenceNumber);
            text += update is StreamingResponseOutputTextDeltaUpdate delta ? delta.Delta : "";
            kinds.Add(update.GetType().Name);
        }

        Assert.Equal("Hello", text);
        Assert.Equal(nameof(StreamingResponseCompletedUpdate), kinds[^1]);

        // It can be read again when it has long ended, byte for byte.
        var whole = await EventsAsync($"/v1/responses/{id}?stream=true");
        Assert.Equal(["response.created", "response.queued", "response.in_progress"], whole[..3].Select(e => e.Type));
        Assert.Equal(Enumerable.Range(0, whole.Count), whole.Select(e => e.Sequence));
        Assert.Equal(whole[5..], await EventsAsync($"/v1/responses/{id}?stream=true&starting_after=4"));
        Assert.Equal(whole[5..], await EventsAsync($"/v1/responses/{id}?stream=true", lastEventId: 5));
        Assert.Equal("Hello", (await FinishedAsync(id)).GetOutputText());
    }

    [Fact]
    public async Task A_running_response_is_cancelled_and_its_computation_stops()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var stopped = _gateway.Node.Hangs(begun);
        ResponseResult queued = await _gateway.Client.CreateResponseAsync(Background("Hi", stream: false));
        await begun.Task.WaitAsync(Patience);

        ResponseResult cancelled = await _gateway.Client.CancelResponseAsync(queued.Id);
        Assert.Equal(ResponseStatus.Cancelled, cancelled.Status);
        await stopped.WaitAsync(Patience);
        ResponseResult again = await _gateway.Client.CancelResponseAsync(queued.Id);
        Assert.Equal(ResponseStatus.Cancelled, again.Status);
        ResponseResult read = await _gateway.Client.GetResponseAsync(queued.Id);
        Assert.Equal(ResponseStatus.Cancelled, read.Status);
    }

    [Fact]
    public async Task A_finished_response_stays_as_it_is_when_it_is_cancelled()
    {
        _gateway.Node.SaysText("Done.");
        ResponseResult queued = await _gateway.Client.CreateResponseAsync(Background("Hi", stream: false));
        await FinishedAsync(queued.Id);

        ResponseResult cancelled = await _gateway.Client.CancelResponseAsync(queued.Id);
        Assert.Equal(ResponseStatus.Completed, cancelled.Status);
        Assert.Equal("Done.", cancelled.GetOutputText());
    }

    [Fact]
    public async Task A_deleted_response_is_stopped_and_gone()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var stopped = _gateway.Node.Hangs(begun);
        ResponseResult queued = await _gateway.Client.CreateResponseAsync(Background("Hi", stream: false));
        await begun.Task.WaitAsync(Patience);
        await _gateway.Client.DeleteResponseAsync(queued.Id);

        await stopped.WaitAsync(Patience);
        Assert.Equal(404, (await Assert.ThrowsAsync<ClientResultException>(async () => await _gateway.Client.GetResponseAsync(queued.Id))).Status);
    }

    [Fact]
    public async Task A_failure_on_the_node_is_told_as_failed()
    {
        _gateway.Node.Says("""{"error":{"message":"no such luck"}}""", 400);
        StreamingResponseUpdate? last = null;
        await foreach (var update in await _gateway.Client.CreateResponseStreamingAsync(Background("Hi", stream: true)))
        {
            last = update;
        }

        var failed = Assert.IsType<StreamingResponseFailedUpdate>(last);
        Assert.Equal(2, failed.SequenceNumber);
        var done = await FinishedAsync(failed.Response.Id);
        Assert.Equal(ResponseStatus.Failed, done.Status);
        Assert.NotEmpty(done.Error.Message);
    }

    [Fact]
    public async Task A_wrong_request_is_refused_before_it_is_queued()
    {
        var refused = await Assert.ThrowsAsync<ClientResultException>(async () =>
            await _gateway.Client.CreateResponseAsync(new CreateResponseOptions(ResponseGateway.Model, [ResponseItem.CreateFunctionCallOutputItem("call_x", "?")]) { BackgroundModeEnabled = true }));

        Assert.Equal(400, refused.Status);
    }

    [Fact]
    public async Task A_polled_response_is_fetched_as_the_synchronous_call_would_have_answered()
    {
        _gateway.Node.SaysText("Polled.").SaysText("Goes on.");
        using var message = new HttpRequestMessage(HttpMethod.Post, new Uri("/v1/responses", UriKind.Relative))
        {
            Content = new StringContent("""{"model":"scripted","input":"Hi"}""", Encoding.UTF8, "application/json"),
        };
        message.Headers.Add("Prefer", "respond-async");
        using var accepted = await _gateway.Http.SendAsync(message);
        Assert.Equal(202, (int)accepted.StatusCode);
        var location = accepted.Headers.Location!;
        Assert.Equal($"/v1/requests/{accepted.Headers.GetValues("x-request-id").Single()}", location.ToString());

        using var waited = await _gateway.Http.GetAsync(new Uri($"{location}?wait=20", UriKind.Relative));
        Assert.Equal("completed", JsonElement.Parse(await waited.Content.ReadAsStringAsync()).GetProperty("status").GetString());
        var response = JsonElement.Parse(await _gateway.Http.GetStringAsync(new Uri($"{location}/response", UriKind.Relative)));
        Assert.Equal("response", response.GetProperty("object").GetString());

        ResponseResult next = await _gateway.Client.CreateResponseAsync(ResponseGateway.Model, "And?", response.GetProperty("id").GetString());
        Assert.Equal("Goes on.", next.GetOutputText());
        Assert.Equal("Polled.", _gateway.Node.Asked.Last().GetProperty("messages")[1].GetProperty("content").GetString());
    }

    [Theory]
    [InlineData("?stream=maybe", "stream")]
    [InlineData("?stream=true&starting_after=-1", "starting_after")]
    [InlineData("?stream=true", "stream")]
    public async Task A_wrong_resumption_is_refused(string query, string param)
    {
        _gateway.Node.SaysText("Done.");
        var id = JsonElement.Parse((await _gateway.PostAsync("""{"model":"scripted","input":"x"}""")).Body).GetProperty("id").GetString()!;
        using var response = await _gateway.Http.GetAsync(new Uri($"/v1/responses/{id}{query}", UriKind.Relative));

        Assert.Equal(400, (int)response.StatusCode);
        Assert.Equal(param, JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error").GetProperty("param").GetString());
    }

    private static CreateResponseOptions Background(string text, bool stream) => new(ResponseGateway.Model, [ResponseItem.CreateUserMessageItem(text)])
    {
        BackgroundModeEnabled = true,
        StreamingEnabled = stream ? true : null,
    };

    private async Task<ResponseResult> FinishedAsync(string id)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            ResponseResult response = await _gateway.Client.GetResponseAsync(id, patience.Token);
            if (response.Status is not (ResponseStatus.Queued or ResponseStatus.InProgress))
            {
                return response;
            }
        }
    }

    private async Task<List<(int Sequence, string Type, string Data)>> EventsAsync(string path, int? lastEventId = null)
    {
        using var message = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        if (lastEventId is { } id)
        {
            message.Headers.Add("Last-Event-ID", id.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        using var response = await _gateway.Http.SendAsync(message);
        Assert.Equal(200, (int)response.StatusCode);
        var events = new List<(int, string, string)>();
        foreach (var frame in Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync()).Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            if (frame.Split('\n').SingleOrDefault(line => line.StartsWith("data: ", StringComparison.Ordinal)) is { } line)
            {
                var data = JsonElement.Parse(line[6..]);
                Assert.Contains($"id: {data.GetProperty("sequence_number").GetInt32() + 1}\n", frame, StringComparison.Ordinal);
                events.Add((data.GetProperty("sequence_number").GetInt32(), data.GetProperty("type").GetString()!, line));
            }
        }

        return events;
    }
}
