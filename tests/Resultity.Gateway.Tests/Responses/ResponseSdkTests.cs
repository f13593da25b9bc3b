#pragma warning disable OPENAI001 // The SDK marks all of responses as under evaluation.
using System.ClientModel;
using System.Text.Json;
using OpenAI.Responses;
using static Resultity.Gateway.Tests.Responses.ResponseBench;

namespace Resultity.Gateway.Tests.Responses;

/// <summary>The official .NET SDK against a real gateway.</summary>
public sealed class ResponseSdkTests : IAsyncLifetime
{
    private ResponseGateway _gateway = null!;

    public async ValueTask InitializeAsync() => _gateway = await ResponseGateway.StartAsync();

    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    [Fact]
    public async Task A_response_is_made_of_a_chat_answer()
    {
        _gateway.Node.SaysText("Hello there.");
        var options = new CreateResponseOptions(ResponseGateway.Model, [ResponseItem.CreateUserMessageItem("Hi")])
        {
            Instructions = "Be kind.",
            MaxOutputTokenCount = 50,
            Temperature = 0.5f,
            Metadata = { ["k"] = "v" },
        };

        ResponseResult response = await _gateway.Client.CreateResponseAsync(options);

        Assert.Equal("Hello there.", response.GetOutputText());
        Assert.Equal(ResponseStatus.Completed, response.Status);
        Assert.StartsWith("resp_", response.Id, StringComparison.Ordinal);
        Assert.Equal((11, 5, 16), (response.Usage.InputTokenCount, response.Usage.OutputTokenCount, response.Usage.TotalTokenCount));
        Assert.Equal((50, 0.5f, "v"), (response.MaxOutputTokenCount, response.Temperature, response.Metadata["k"]));
        Assert.Equal("""[{"role":"system","content":"Be kind."},{"role":"user","content":"Hi"}]""", Assert.Single(_gateway.Node.Asked).GetProperty("messages").GetRawText());
    }

    [Fact]
    public async Task A_conversation_goes_on_from_what_is_stored()
    {
        _gateway.Node.SaysText("I am Max.").SaysText("Max, as I said.").SaysText("Still Max.");
        ResponseResult first = await _gateway.Client.CreateResponseAsync(ResponseGateway.Model, "Who are you?");
        ResponseResult second = await _gateway.Client.CreateResponseAsync(ResponseGateway.Model, "Again?", first.Id);
        await _gateway.Client.DeleteResponseAsync(first.Id);
        ResponseResult third = await _gateway.Client.CreateResponseAsync(ResponseGateway.Model, "And now?", second.Id);

        Assert.Equal(second.Id, third.PreviousResponseId);
        Assert.Equal(
            """[{"role":"user","content":"Who are you?"},{"role":"assistant","content":"I am Max."},{"role":"user","content":"Again?"},{"role":"assistant","content":"Max, as I said."},{"role":"user","content":"And now?"}]""",
            _gateway.Node.Asked.Last().GetProperty("messages").GetRawText());
        var items = new List<ResponseItem>();
        await foreach (var item in _gateway.Client.GetResponseInputItemsAsync(new ResponseItemCollectionOptions(third.Id) { PageSizeLimit = 2, Order = ResponseItemCollectionOrder.Ascending }))
        {
            items.Add(item);
        }

        Assert.Equal(["Who are you?", "I am Max.", "Again?", "Max, as I said.", "And now?"], items.Select(item => ((MessageResponseItem)item).Content[0].Text));
        Assert.Equal(5, items.Select(item => item.Id).Distinct().Count());
    }

    [Fact]
    public async Task A_stored_response_can_be_read_and_deleted()
    {
        _gateway.Node.SaysText("Kept.");
        ResponseResult made = await _gateway.Client.CreateResponseAsync(ResponseGateway.Model, "Hi");

        ResponseResult read = await _gateway.Client.GetResponseAsync(made.Id);
        Assert.Equal("Kept.", read.GetOutputText());

        ResponseDeletionResult deleted = await _gateway.Client.DeleteResponseAsync(made.Id);
        Assert.True(deleted.Deleted);
        var gone = await Assert.ThrowsAsync<ClientResultException>(async () => await _gateway.Client.GetResponseAsync(made.Id));
        Assert.Equal(404, gone.Status);
        Assert.Equal(404, (await Assert.ThrowsAsync<ClientResultException>(async () => await _gateway.Client.DeleteResponseAsync(made.Id))).Status);
    }

    [Fact]
    public async Task A_response_that_is_not_to_be_stored_is_not()
    {
        _gateway.Node.SaysText("Gone.");
        var options = new CreateResponseOptions(ResponseGateway.Model, [ResponseItem.CreateUserMessageItem("Hi")]) { StoredOutputEnabled = false };
        ResponseResult made = await _gateway.Client.CreateResponseAsync(options);

        Assert.Equal(404, (await Assert.ThrowsAsync<ClientResultException>(async () => await _gateway.Client.GetResponseAsync(made.Id))).Status);
    }

    [Fact]
    public async Task Text_streams_and_the_end_is_already_stored()
    {
        _gateway.Node.Streams([TextChunk("Hel"), TextChunk("lo"), Finish("stop"), """{"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}"""]);
        var text = "";
        ResponseResult? stored = null;
        await foreach (var update in await _gateway.Client.CreateResponseStreamingAsync(Streaming("Hi")))
        {
            text += update is StreamingResponseOutputTextDeltaUpdate delta ? delta.Delta : "";
            if (update is StreamingResponseCompletedUpdate completed)
            {
                Assert.Equal("Hello", completed.Response.GetOutputText());
                stored = await _gateway.Client.GetResponseAsync(completed.Response.Id);
            }
        }

        Assert.Equal("Hello", text);
        Assert.Equal("Hello", stored?.GetOutputText());
        Assert.Equal(5, stored?.Usage.TotalTokenCount);
        Assert.True(Assert.Single(_gateway.Node.Asked).GetProperty("stream_options").GetProperty("include_usage").GetBoolean());
    }

    [Fact]
    public async Task Tools_are_called_and_their_outputs_go_back()
    {
        _gateway.Node
            .Streams([CallChunk(0, "call_a", "weather", ""), CallChunk(0, null, null, "{\"city\":\"Bern\"}"), CallChunk(1, "call_b", "weather", "{\"city\":\"Basel\"}"), Finish("tool_calls")])
            .SaysText("Sun and rain.");
        var options = Streaming("Weather in Bern and Basel?");
        options.Tools.Add(ResponseTool.CreateFunctionTool("weather", BinaryData.FromString("""{"type":"object","properties":{"city":{"type":"string"}}}"""), true));
        List<FunctionCallResponseItem> calls = [];
        var id = "";
        await foreach (var update in await _gateway.Client.CreateResponseStreamingAsync(options))
        {
            id = update is StreamingResponseCreatedUpdate created ? created.Response.Id : id;
            if (update is StreamingResponseOutputItemDoneUpdate { Item: FunctionCallResponseItem call })
            {
                calls.Add(call);
            }
        }

        Assert.Equal(["""{"city":"Bern"}""", """{"city":"Basel"}"""], calls.Select(call => call.FunctionArguments.ToString()));
        var next = new CreateResponseOptions(ResponseGateway.Model, calls.Select((call, i) => ResponseItem.CreateFunctionCallOutputItem(call.CallId, i == 0 ? "sun" : "rain")))
        {
            PreviousResponseId = id,
        };
        ResponseResult answer = await _gateway.Client.CreateResponseAsync(next);

        Assert.Equal("Sun and rain.", answer.GetOutputText());
        var messages = _gateway.Node.Asked.Last().GetProperty("messages");
        Assert.Equal(["user", "assistant", "tool", "tool"], messages.EnumerateArray().Select(message => message.GetProperty("role").GetString()));
        Assert.Equal(2, messages[1].GetProperty("tool_calls").GetArrayLength());
        Assert.Equal("call_b", messages[3].GetProperty("tool_call_id").GetString());
    }

    [Fact]
    public async Task A_schema_reaches_the_model()
    {
        _gateway.Node.SaysText("""{"n":1}""");
        var options = new CreateResponseOptions(ResponseGateway.Model, [ResponseItem.CreateUserMessageItem("A number")])
        {
            TextOptions = new ResponseTextOptions { TextFormat = ResponseTextFormat.CreateJsonSchemaFormat("number", BinaryData.FromString("""{"type":"object"}"""), jsonSchemaIsStrict: true) },
        };
        ResponseResult response = await _gateway.Client.CreateResponseAsync(options);

        Assert.Equal(1, JsonElement.Parse(response.GetOutputText()).GetProperty("n").GetInt32());
        Assert.Equal(ResponseTextFormatKind.JsonSchema, response.TextOptions.TextFormat.Kind);
        Assert.Equal(
            """{"type":"json_schema","json_schema":{"name":"number","schema":{"type":"object"},"strict":true}}""",
            Assert.Single(_gateway.Node.Asked).GetProperty("response_format").GetRawText());
    }

    [Fact]
    public async Task The_token_limit_is_told()
    {
        _gateway.Node.SaysText("Once upon", "length");
        ResponseResult response = await _gateway.Client.CreateResponseAsync(ResponseGateway.Model, "A story");

        Assert.Equal(ResponseStatus.Incomplete, response.Status);
        Assert.Equal(ResponseIncompleteStatusReason.MaxOutputTokens, response.IncompleteStatusDetails.Reason);
    }

    [Fact]
    public async Task A_stream_that_breaks_ends_with_failed()
    {
        var gate = new TaskCompletionSource();
        _gateway.Node.Streams([CallChunk(0, "a", "f", "{"), null], gate.Task, whole: false);
        StreamingResponseUpdate? last = null;
        await foreach (var update in await _gateway.Client.CreateResponseStreamingAsync(Streaming("Hi")))
        {
            // The node breaks off when the client has seen the beginning.
            gate.TrySetResult();
            last = update;
        }

        var failed = Assert.IsType<StreamingResponseFailedUpdate>(last);
        Assert.Equal(ResponseStatus.Failed, failed.Response.Status);
        Assert.Equal(ResponseErrorCode.ServerError, failed.Response.Error.Code);
        ResponseResult stored = await _gateway.Client.GetResponseAsync(failed.Response.Id);
        Assert.Equal(ResponseStatus.Failed, stored.Status);
    }

    private static CreateResponseOptions Streaming(string text) =>
        new(ResponseGateway.Model, [ResponseItem.CreateUserMessageItem(text)]) { StreamingEnabled = true };
}
