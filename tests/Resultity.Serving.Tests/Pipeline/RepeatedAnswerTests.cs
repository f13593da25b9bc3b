using System.Globalization;
using System.Text.Json;
using Resultity.Contracts.Values;
using Resultity.Serving.Pipeline;
using Xunit;
using static Resultity.Serving.Tests.Pipeline.PipelineHarness;
using static Resultity.Serving.Tests.Pipeline.ScriptedExchange;

namespace Resultity.Serving.Tests.Pipeline;

/// <summary>Answers that are more than plain text, whose node dies in the middle: computed again elsewhere, compared, and taken up where they broke off.</summary>
public sealed class RepeatedAnswerTests
{
    private const string Constrained = """{"model":"m","stream":true,"temperature":0,"response_format":{"type":"json_object"},"messages":[]}""";
    private readonly PipelineHarness _harness = new();
    private InferenceStream? _stream;

    [Fact]
    public async Task It_goes_on_where_it_broke_off_with_one_identity_and_one_bill()
    {
        var events = await BreakAsync(
            Constrained,
            [Chunk("[0,"), Chunk("1")],
            [Chunk("[0,", id: "c2"), Chunk("1", id: "c2"), Chunk("]", id: "c2"), Chunk("", id: "c2", finish: "stop"), Usage(5, 4, id: "c2"), "[DONE]"]);

        Assert.Equal(["[0,", "1", "seam", "]", ""], events.Select(e => e == "seam" ? e : Content(e)));
        Assert.All(events.Where(e => e != "seam"), e => Assert.Equal("c1", JsonDocument.Parse(e).RootElement.GetProperty("id").GetString()));
        Assert.Null(_stream!.Fault);
        Assert.Equal(new Usage(5, 4), Assert.Single(_harness.Usage, entry => entry.Usage != default).Usage);
        Assert.DoesNotContain("continue_final_message", _harness.Fleet.Sent.Last().Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_comes_out_differently_ends_with_an_error_and_not_with_a_mended_text()
    {
        var events = await BreakAsync(Constrained, [Chunk("[0,"), Chunk("1")], [Chunk("[0,"), Chunk("2"), Chunk("]", finish: "stop"), "[DONE]"]);

        Assert.Equal(["[0,", "1"], events.Select(Content));
        Assert.Equal("answer_diverged", _stream!.Fault!.Code);
    }

    [Fact]
    public async Task One_that_ends_before_it_comes_to_the_break_is_an_error()
    {
        await BreakAsync(Constrained, [Chunk("[0,"), Chunk("1")], [Chunk("[0,"), "[DONE]"]);

        Assert.Equal("answer_diverged", _stream!.Fault!.Code);
    }

    [Theory]
    [InlineData("""{"model":"m","stream":true,"response_format":{"type":"json_object"},"messages":[]}""")]
    [InlineData("""{"model":"m","stream":true,"temperature":0.7,"tools":[],"messages":[]}""")]
    [InlineData("""{"model":"m","stream":true,"temperature":0,"n":2,"messages":[]}""")]
    public async Task What_chance_decides_is_not_computed_again(string body)
    {
        await BreakAsync(body, [Chunk("x")], [Chunk("x"), Chunk("y", finish: "stop"), "[DONE]"]);

        Assert.NotNull(_stream!.Fault);
        Assert.DoesNotContain(_harness.Fleet.Sent, sent => sent.Node == "b");
    }

    [Theory]
    [InlineData("\"seed\":7")]
    [InlineData("\"top_k\":1")]
    [InlineData("\"temperature\":0.0")]
    public async Task A_seed_and_the_likeliest_token_leave_nothing_to_chance(string setting)
    {
        await BreakAsync($$"""{"model":"m","stream":true,{{setting}},"tools":[],"messages":[]}""", [Chunk("x")], [Chunk("x"), Chunk("y", finish: "stop"), "[DONE]"]);

        Assert.Null(_stream!.Fault);
    }

    [Fact]
    public async Task Identifiers_of_calls_and_the_last_digits_of_probabilities_may_differ_tokens_may_not()
    {
        static string Call(string id, string token, double logprob) => string.Create(CultureInfo.InvariantCulture,
            $$$"""{"id":"c1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"{{{id}}}","function":{"name":"f","arguments":"{"}}]},"logprobs":{"content":[{"token":"{{{token}}}","logprob":{{{logprob}}},"top_logprobs":[]}]},"finish_reason":null}]}""");

        await BreakAsync(Constrained, [Call("call_1", "a", -0.1)], [Call("call_2", "a", -0.1000001), Chunk("]", finish: "stop"), "[DONE]"]);
        Assert.Null(_stream!.Fault);

        await BreakAsync(Constrained, [Call("call_1", "a", -0.1)], [Call("call_2", "b", -0.1), Chunk("]", finish: "stop"), "[DONE]"]);
        Assert.Equal("answer_diverged", _stream!.Fault!.Code);
    }

    private static string? Content(string chunk) =>
        JsonDocument.Parse(chunk).RootElement.GetProperty("choices")[0].GetProperty("delta") is var delta && delta.TryGetProperty("content", out var content) ? content.GetString() : null;

    /// <summary>Node a tells the first events and dies; node b tells the second.</summary>
    private async Task<List<string>> BreakAsync(string body, string[] first, string[] second)
    {
        _harness.Node("a", () => Events(first).Lose());
        _harness.Dispatcher.NodeIsGone("b");
        var request = Chat(stream: true, body: body);
        (await _harness.Pipeline.StartAsync(new InferenceRequest
        {
            Id = request.Id,
            Endpoint = request.Endpoint,
            Caller = request.Caller,
            Model = request.Model,
            ModelRange = request.ModelRange,
            Body = request.Body,
            Stream = true,
            IsPlainText = false,
        }, default)).TryGet(out var stream, out _);
        _harness.Node("b", (_, _) => new(Events(second).End()), continues: false);
        _stream = Assert.IsType<InferenceStream>(stream);
        var events = await ReadAllAsync(_stream);
        await _stream.DisposeAsync();
        Assert.Equal(0, _harness.Running);
        return events;
    }
}
