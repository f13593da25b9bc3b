using System.Text;
using System.Text.Json;
using static Resultity.Gateway.Tests.Responses.ResponseBench;

namespace Resultity.Gateway.Tests.Responses;

/// <summary>What goes over the wire where an SDK does not show it.</summary>
public sealed class ResponseWireTests : IAsyncLifetime
{
    private ResponseGateway _gateway = null!;

    public async ValueTask InitializeAsync() => _gateway = await ResponseGateway.StartAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task Every_event_has_name_id_and_data_and_nothing_follows_the_last()
    {
        _gateway.Node.Streams([TextChunk("Hi"), Finish("stop")]);
        var (status, body) = await _gateway.PostAsync("""{"model":"scripted","input":"x","stream":true}""");

        Assert.Equal(200, status);
        var events = body.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(e => !e.StartsWith(':')).Select(e => e.Split('\n')).ToList();
        Assert.All(events, (lines, i) =>
        {
            var data = JsonElement.Parse(lines[2]["data: ".Length..]);
            Assert.Equal($"event: {data.GetProperty("type").GetString()}", lines[0]);
            Assert.Equal($"id: {i + 1}", lines[1]);
            Assert.Equal(i, data.GetProperty("sequence_number").GetInt32());
        });
        Assert.Equal("event: response.completed", events[^1][0]);
    }

    [Theory]
    [InlineData("""{"model":"scripted","input":"x","conversation":"c"}""", 400, "conversation")]
    [InlineData("""{"model":"scripted","input":"x","tools":[{"type":"file_search"}]}""", 400, "tools[0].type")]
    [InlineData("""{"model":"scripted","input":"x","seed":"a"}""", 400, "seed")]
    [InlineData("""{"model":"nobody","input":"x"}""", 404, "model")]
    [InlineData("""{"model":"nobody","input":"x","stream":true}""", 404, "model")]
    [InlineData("""{"model":"scripted","input":"x","previous_response_id":"resp_01jd0000000000000000000000"}""", 404, "previous_response_id")]
    [InlineData("""{"model":"scripted","input":"x","previous_response_id":"nonsense"}""", 404, "previous_response_id")]
    [InlineData("""{"model":"scripted","input":[{"type":"item_reference","id":"msg_01jd00000000000000000000000001"}]}""", 404, "input[0].id")]
    public async Task A_mistake_is_told_by_status_and_param(string json, int status, string param)
    {
        var answer = await _gateway.PostAsync(json);

        Assert.Equal(status, answer.Status);
        Assert.Equal(param, JsonElement.Parse(answer.Body).GetProperty("error").GetProperty("param").GetString());
    }

    [Fact]
    public async Task A_foreign_response_reads_like_one_that_never_was()
    {
        _gateway.Node.SaysText("Mine.");
        var id = JsonElement.Parse((await _gateway.PostAsync("""{"model":"scripted","input":"x"}""")).Body).GetProperty("id").GetString()!;
        const string unknown = "resp_01jd0000000000000000000000";
        using var stranger = _gateway.HttpFor(await _gateway.AddKeyAsync("strangers"));
        foreach (var (method, path) in (List<(HttpMethod, string)>)
            [(HttpMethod.Get, ""), (HttpMethod.Get, "/input_items"), (HttpMethod.Post, "/cancel"), (HttpMethod.Delete, ""), (HttpMethod.Get, "?stream=true")])
        {
            var foreign = await Send(method, id + path);
            var absent = await Send(method, unknown + path);
            Assert.Equal(404, foreign.Status);
            Assert.Equal((absent.Status, absent.Body), (foreign.Status, foreign.Body.Replace(id, unknown, StringComparison.Ordinal)));
        }

        using var chained = await stranger.PostAsync(
            new Uri("/v1/responses", UriKind.Relative), new StringContent($$"""{"model":"scripted","input":"x","previous_response_id":"{{id}}"}""", Encoding.UTF8, "application/json"));
        Assert.Equal(404, (int)chained.StatusCode);

        async Task<(int Status, string Body)> Send(HttpMethod method, string rest)
        {
            using var message = new HttpRequestMessage(method, new Uri($"/v1/responses/{rest}", UriKind.Relative));
            using var response = await stranger.SendAsync(message);
            return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task An_item_can_be_named_instead_of_sent()
    {
        _gateway.Node.SaysText("Forty-two.").SaysText("Yes.");
        var first = JsonElement.Parse((await _gateway.PostAsync("""{"model":"scripted","input":"Say a number"}""")).Body);
        var item = first.GetProperty("output")[0].GetProperty("id").GetString();
        var (status, body) = await _gateway.PostAsync($$"""{"model":"scripted","input":[{"type":"item_reference","id":"{{item}}"},{"role":"user","content":"Sure?"}]}""");

        Assert.True(status == 200, body);
        Assert.Equal("""[{"role":"assistant","content":"Forty-two."},{"role":"user","content":"Sure?"}]""", _gateway.Node.Asked.Last().GetProperty("messages").GetRawText());
    }

    [Theory]
    [InlineData("false")]
    [InlineData("true")]
    public async Task The_oldest_turns_are_left_out_where_the_model_has_no_room(string stream)
    {
        const string overflow = """{"error":{"message":"too long","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}""";
        _gateway.Node.Says(overflow, 400).Says(overflow, 400);
        _ = stream == "true" ? _gateway.Node.Streams([TextChunk("ok"), Finish("stop")]) : _gateway.Node.SaysText("ok");
        var input = string.Join(',', Enumerable.Range(0, 5).Select(i => $$"""{"role":"user","content":"q{{i}}"},{"role":"assistant","content":"a{{i}}"}"""));
        var (status, body) = await _gateway.PostAsync(
            $$"""{"model":"scripted","truncation":"auto","stream":{{stream}},"input":[{"role":"system","content":"s"},{{input}},{"role":"user","content":"last"}]}""");

        Assert.True(status == 200, body);
        Assert.Equal(
            [["s", "q0", "a0", "q1", "a1", "q2", "a2", "q3", "a3", "q4", "a4", "last"], ["s", "q3", "a3", "q4", "a4", "last"], ["s", "last"]],
            _gateway.Node.Asked.Select(asked => asked.GetProperty("messages").EnumerateArray().Select(message => message.GetProperty("content").GetString()!).ToArray()));
    }

    [Fact]
    public async Task A_conversation_that_may_not_be_cut_is_refused_with_the_right_name()
    {
        _gateway.Node.Says("""{"error":{"message":"too long","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}""", 400);
        var (status, body) = await _gateway.PostAsync("""{"model":"scripted","input":[{"role":"user","content":"a"},{"role":"user","content":"b"}]}""");

        Assert.Equal(400, status);
        var error = JsonElement.Parse(body).GetProperty("error");
        Assert.Equal(("context_length_exceeded", "input"), (error.GetProperty("code").GetString(), error.GetProperty("param").GetString()));
    }

    [Fact]
    public async Task A_synchronous_response_cannot_be_cancelled()
    {
        _gateway.Node.SaysText("Done.");
        var id = JsonElement.Parse((await _gateway.PostAsync("""{"model":"scripted","input":"x"}""")).Body).GetProperty("id").GetString()!;
        var (status, body) = await _gateway.PostAsync("", $"/v1/responses/{id}/cancel");

        Assert.Equal(400, status);
        Assert.Contains("Cannot cancel a synchronous response.", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("limit=0", "limit")]
    [InlineData("limit=101", "limit")]
    [InlineData("order=up", "order")]
    [InlineData("after=msg_1", "after")]
    [InlineData("before=msg_1", "before")]
    public async Task A_wrong_page_of_input_items_is_refused(string query, string param)
    {
        _gateway.Node.SaysText("Done.");
        var id = JsonElement.Parse((await _gateway.PostAsync("""{"model":"scripted","input":"x"}""")).Body).GetProperty("id").GetString()!;
        var answer = JsonElement.Parse(await (await _gateway.Http.GetAsync(new Uri($"/v1/responses/{id}/input_items?{query}", UriKind.Relative))).Content.ReadAsStringAsync());

        Assert.Equal(param, answer.GetProperty("error").GetProperty("param").GetString());
    }

    [Fact]
    public async Task A_client_that_leaves_stops_the_computation()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var stopped = _gateway.Node.Hangs(begun);
        using var leaving = new CancellationTokenSource();
        using var content = new StringContent("""{"model":"scripted","input":"x"}""", Encoding.UTF8, "application/json");
        var posting = _gateway.Http.PostAsync(new Uri("/v1/responses", UriKind.Relative), content, leaving.Token);
        await begun.Task;
        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => posting);
        await stopped.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public async Task A_stream_whose_client_leaves_is_stored_as_cancelled()
    {
        var gate = new TaskCompletionSource();
        _gateway.Node.Streams([TextChunk("Begun"), null], gate.Task);
        using var leaving = new CancellationTokenSource();
        using var message = new HttpRequestMessage(HttpMethod.Post, new Uri("/v1/responses", UriKind.Relative))
        {
            Content = new StringContent("""{"model":"scripted","input":"x","stream":true}""", Encoding.UTF8, "application/json"),
        };
        var id = "";
        using (var response = await _gateway.Http.SendAsync(message, HttpCompletionOption.ResponseHeadersRead))
        {
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
            while (id.Length == 0)
            {
                var line = await reader.ReadLineAsync();
                id = line!.StartsWith("data: ", StringComparison.Ordinal) ? JsonElement.Parse(line[6..]).GetProperty("response").GetProperty("id").GetString()! : "";
            }
        }

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        JsonElement stored;
        do
        {
            stored = JsonElement.Parse(await (await _gateway.Http.GetAsync(new Uri($"/v1/responses/{id}", UriKind.Relative), patience.Token)).Content.ReadAsStringAsync(patience.Token));
        }
        while (!stored.TryGetProperty("status", out _));

        Assert.Equal("cancelled", stored.GetProperty("status").GetString());
    }
}
