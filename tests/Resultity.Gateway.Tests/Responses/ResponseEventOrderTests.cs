using System.Text;
using Resultity.Contracts.Values;
using static Resultity.Gateway.Tests.Responses.ResponseBench;

namespace Resultity.Gateway.Tests.Responses;

public sealed class ResponseEventOrderTests
{
    [Fact]
    public void Text_is_told_from_created_to_completed()
    {
        using var bench = new ResponseBench();
        bench.Begin()
            .Add("""{"model":"mini-1","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}""", TextChunk("Hel"), TextChunk("lo"), Finish("stop"))
            .Add("""{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9,"prompt_tokens_details":{"cached_tokens":3}}}""")
            .Complete();

        Assert.Equal(
            [
                "created in_progress",
                "in_progress in_progress",
                "output_item.added 0 message in_progress",
                "content_part.added 0.0 output_text",
                "output_text.delta 0.0 Hel",
                "output_text.delta 0.0 lo",
                "output_text.done 0.0 Hello",
                "content_part.done 0.0 output_text",
                "output_item.done 0 message completed",
                "completed completed",
            ],
            bench.Lines);
        var response = bench.Last.GetProperty("response");
        Assert.Equal("mini-1", response.GetProperty("model").GetString());
        Assert.Equal("""{"input_tokens":7,"input_tokens_details":{"cached_tokens":3},"output_tokens":2,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":9}""", response.GetProperty("usage").GetRawText());
        Assert.Equal("""[{"id":"msg_01jd00000000000000000000000001","type":"message","status":"completed","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"Hello"}],"role":"assistant"}]""", response.GetProperty("output").GetRawText());
    }

    [Fact]
    public void Parallel_calls_follow_one_another()
    {
        using var bench = new ResponseBench();
        bench.Begin()
            .Add(TextChunk("Let me see."), CallChunk(0, "call_a", "now", ""), CallChunk(0, null, null, "{\"z\":"), CallChunk(0, null, null, "1}"))
            .Add(CallChunk(1, "call_b", "then", "{}"), Finish("tool_calls"))
            .Complete();

        Assert.Equal(
            [
                "created in_progress",
                "in_progress in_progress",
                "output_item.added 0 message in_progress",
                "content_part.added 0.0 output_text",
                "output_text.delta 0.0 Let me see.",
                "output_text.done 0.0 Let me see.",
                "content_part.done 0.0 output_text",
                "output_item.done 0 message completed",
                "output_item.added 1 function_call in_progress",
                "function_call_arguments.delta 1 {\"z\":",
                "function_call_arguments.delta 1 1}",
                "function_call_arguments.done 1 {\"z\":1}",
                "output_item.done 1 function_call completed",
                "output_item.added 2 function_call in_progress",
                "function_call_arguments.delta 2 {}",
                "function_call_arguments.done 2 {}",
                "output_item.done 2 function_call completed",
                "completed completed",
            ],
            bench.Lines);
        Assert.Equal("call_b", bench.Response.GetProperty("output")[2].GetProperty("call_id").GetString());
    }

    [Fact]
    public void Calls_that_are_sent_in_turns_lose_nothing()
    {
        using var bench = new ResponseBench();
        bench.Begin()
            .Add(CallChunk(0, "a", "f", "{\"x\""), CallChunk(1, "b", "g", "{\"y\""), CallChunk(0, null, null, ":1}"), CallChunk(1, null, null, ":2}"), Finish("tool_calls"))
            .Complete();

        var output = bench.Response.GetProperty("output");
        Assert.Equal("""{"x":1}""", output[0].GetProperty("arguments").GetString());
        Assert.Equal("""{"y":2}""", output[1].GetProperty("arguments").GetString());
        Assert.Equal("completed", bench.Response.GetProperty("status").GetString());
    }

    [Fact]
    public void Reasoning_is_an_item_before_the_message()
    {
        using var bench = new ResponseBench();
        bench.Begin()
            .Add("""{"choices":[{"index":0,"delta":{"reasoning_content":"Hm"}}]}""", """{"choices":[{"index":0,"delta":{"reasoning_content":"m."}}]}""", TextChunk("4"), Finish("stop"))
            .Add("""{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":9,"completion_tokens_details":{"reasoning_tokens":5}}}""")
            .Complete();

        Assert.Equal(
            [
                "created in_progress",
                "in_progress in_progress",
                "output_item.added 0 reasoning in_progress",
                "content_part.added 0.0 reasoning_text",
                "reasoning_text.delta 0.0 Hm",
                "reasoning_text.delta 0.0 m.",
                "reasoning_text.done 0.0 Hmm.",
                "content_part.done 0.0 reasoning_text",
                "output_item.done 0 reasoning completed",
                "output_item.added 1 message in_progress",
                "content_part.added 1.0 output_text",
                "output_text.delta 1.0 4",
                "output_text.done 1.0 4",
                "content_part.done 1.0 output_text",
                "output_item.done 1 message completed",
                "completed completed",
            ],
            bench.Lines);
        Assert.Equal(5, bench.Response.GetProperty("usage").GetProperty("output_tokens_details").GetProperty("reasoning_tokens").GetInt32());
    }

    [Fact]
    public void A_refusal_is_a_part_of_its_own()
    {
        using var bench = new ResponseBench();
        bench.Begin().Add("""{"choices":[{"index":0,"delta":{"refusal":"I will "}}]}""", """{"choices":[{"index":0,"delta":{"refusal":"not."}}]}""", Finish("stop")).Complete();

        Assert.Equal(
            [
                "content_part.added 0.0 refusal",
                "refusal.delta 0.0 I will ",
                "refusal.delta 0.0 not.",
                "refusal.done 0.0 I will not.",
                "content_part.done 0.0 refusal",
            ],
            bench.Lines[3..8]);
    }

    [Fact]
    public void The_token_limit_leaves_the_response_incomplete()
    {
        using var bench = new ResponseBench("""{"model":"m","input":"x","max_output_tokens":4}""");
        bench.Begin().Add(TextChunk("Once upon"), Finish("length")).Complete(new Usage(3, 4));

        Assert.Equal(
            ["output_text.done 0.0 Once upon", "content_part.done 0.0 output_text", "output_item.done 0 message incomplete", "incomplete incomplete"], bench.Lines[5..]);
        Assert.Equal("""{"reason":"max_output_tokens"}""", bench.Response.GetProperty("incomplete_details").GetRawText());
        Assert.Equal(7, bench.Response.GetProperty("usage").GetProperty("total_tokens").GetInt32());
    }

    [Fact]
    public void The_token_limit_leaves_a_call_incomplete()
    {
        using var bench = new ResponseBench();
        bench.Begin().Add(CallChunk(0, "a", "f", "{\"x\": \"unfini"), Finish("length")).Complete();

        Assert.Equal("incomplete", bench.Response.GetProperty("output")[0].GetProperty("status").GetString());
        Assert.Equal("incomplete incomplete", bench.Lines[^1]);
    }

    [Fact]
    public void A_failure_in_mid_stream_ends_with_failed_and_keeps_what_was_written()
    {
        using var bench = new ResponseBench();
        bench.Begin().Add(TextChunk("Half an ans"));
        bench.Assembly.Fail(new Fault(FaultKind.Unavailable, "node_lost", "The node was lost."));
        bench.Assembly.Announce();
        bench.Drain();

        Assert.Equal(["output_text.delta 0.0 Half an ans", "failed failed"], bench.Lines[4..]);
        Assert.Equal("""{"code":"server_error","message":"The node was lost."}""", bench.Response.GetProperty("error").GetRawText());
        Assert.Equal("incomplete", bench.Response.GetProperty("output")[0].GetProperty("status").GetString());
    }

    [Fact]
    public void An_empty_answer_is_an_empty_message()
    {
        using var bench = new ResponseBench();
        bench.Begin().Add(Finish("stop")).Complete();

        Assert.Equal(
            ["output_item.added 0 message in_progress", "content_part.added 0.0 output_text", "output_text.done 0.0 ", "content_part.done 0.0 output_text", "output_item.done 0 message completed", "completed completed"],
            bench.Lines[2..]);
    }

    [Fact]
    public void A_queued_response_is_told_as_queued()
    {
        using var bench = new ResponseBench();
        bench.Assembly.Queue();
        bench.Begin().Add(TextChunk("a"), Finish("stop")).Complete();

        Assert.Equal(["created queued", "queued queued", "in_progress in_progress"], bench.Lines[..3]);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("[]")]
    [InlineData("""{"error":{"message":"boom"}}""")]
    [InlineData("""{"choices":[{"delta":{},"finish_reason":"error"}]}""")]
    [InlineData("""{"choices":[{"delta":{"content":"\ud800"}}]}""")]
    public void Garbage_is_a_fault(string chunk)
    {
        using var bench = new ResponseBench();

        Assert.Equal(FaultKind.BadNodeAnswer, bench.Begin().Assembly.Add(Encoding.UTF8.GetBytes(chunk))?.Kind);
    }

    [Fact]
    public void An_answer_without_a_choice_fails()
    {
        using var bench = new ResponseBench();
        bench.Begin().Complete();

        Assert.Equal("failed failed", bench.Lines[^1]);
    }

    [Fact]
    public void A_call_whose_name_never_came_fails()
    {
        using var bench = new ResponseBench();
        bench.Begin().Add(CallChunk(0, "a", null, "{}"), Finish("tool_calls")).Complete();

        Assert.Equal("failed failed", bench.Lines[^1]);
    }

    [Fact]
    public void Log_probabilities_follow_their_text()
    {
        using var bench = new ResponseBench("""{"model":"m","input":"x","include":["message.output_text.logprobs"]}""");
        bench.Begin()
            .Add("""{"choices":[{"delta":{"content":""},"logprobs":{"content":[{"token":"\u00c3","logprob":-1,"bytes":[195],"top_logprobs":[]}]}}]}""")
            .Add("""{"choices":[{"delta":{"content":"é"},"logprobs":{"content":[{"token":"é","logprob":-2,"bytes":[169],"top_logprobs":[]}]}}]}""")
            .Add(Finish("stop")).Complete();

        Assert.Equal(2, bench.Events.Single(e => e.GetProperty("type").GetString() == "response.output_text.delta").GetProperty("logprobs").GetArrayLength());
        Assert.Equal(2, bench.Response.GetProperty("output")[0].GetProperty("content")[0].GetProperty("logprobs").GetArrayLength());
    }
}
