using System.Text;
using Resultity.Contracts.Values;
using Resultity.Gateway.Chat;
using Resultity.Gateway.Completions;
using Resultity.Gateway.Embeddings;
using Resultity.Gateway.Http.Bodies;

namespace Resultity.Gateway.Tests.Http;

public sealed class BodyScanTests
{
    private const string Messages = """ "messages":[{"role":"user","content":"hi"}] """;

    [Fact]
    public void The_envelope_holds_what_the_pipeline_needs()
    {
        var json = $$"""{"stream":true,"stream_options":{"include_usage":true}, "model": "a/b", "n":2,"max_completion_tokens":10,{{Messages}},"unknown":{"model":"x"} }""";
        var envelope = Read(json);
        Assert.Equal("a/b", envelope.Model);
        Assert.Equal("\"a/b\"", json.Substring(envelope.ModelRange.Start, envelope.ModelRange.Length));
        Assert.Equal("""{"include_usage":true}""", json.Substring(envelope.StreamOptionsRange.Start, envelope.StreamOptionsRange.Length));
        Assert.True(envelope.Stream);
        Assert.True(envelope.IncludeUsage);
        Assert.Equal(20, envelope.MaxOutputTokens);
        Assert.False(envelope.IsPlainText);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData(""","response_format":{"type":"text"}""", true)]
    [InlineData(""","response_format":{"type":"json_object"}""", false)]
    [InlineData(""","tools":[{"type":"function","function":{"name":"f"}}]""", false)]
    [InlineData(""","logprobs":true""", false)]
    [InlineData(""","n":1""", true)]
    [InlineData(""","n":3""", false)]
    public void Only_one_plain_text_can_be_continued_elsewhere(string more, bool plain) =>
        Assert.Equal(plain, Read($$"""{"model":"m",{{Messages}}{{more}}}""").IsPlainText);

    [Fact]
    public void Turns_of_one_conversation_share_their_prefix_hash()
    {
        var first = Read("""{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"a"}]}""").PrefixHash;
        var second = Read("""{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]}""").PrefixHash;
        var other = Read("""{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"b"}]}""").PrefixHash;
        Assert.Equal(first, second);
        Assert.NotEqual(first, other);
    }

    [Theory]
    [InlineData("", "empty_body", null)]
    [InlineData("[]", "invalid_type", null)]
    [InlineData("{", "invalid_json", null)]
    [InlineData("""{"model":"m"} x""", "missing_required_parameter", "messages")]
    [InlineData("""{"messages":[]}""", "empty_array", "messages")]
    [InlineData("""{"model":null,"messages":[{"role":"user","content":"hi"}]}""", "invalid_type", "model")]
    [InlineData("""{"model":"","messages":[{"role":"user","content":"hi"}]}""", "string_below_min_length", "model")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"hi"}],"mo\u0064el":"n"}""", "duplicate_parameter", "model")]
    [InlineData("""{"model":"m","messages":[{"role":"king","content":"hi"}]}""", "invalid_value", "messages[0].role")]
    [InlineData("""{"model":"m","messages":[{"content":"hi"}]}""", "missing_required_parameter", "messages[0].role")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":null}]}""", "invalid_type", "messages[0].content")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"a"},{"role":"assistant","content":null}]}""", "missing_required_parameter", "messages[1].content")]
    [InlineData("""{"model":"m","messages":[{"role":"tool","content":"a"}]}""", "missing_required_parameter", "messages[0].tool_call_id")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"smell"}]}]}""", "invalid_value", "messages[0].content[1].type")]
    [InlineData("""{"model":"m","messages":[{"content":[{"text":1,"type":"text"}],"role":"user"}]}""", "invalid_type", "messages[0].content[0].text")]
    public void A_wrong_chat_body_is_refused_at_its_place(string json, string code, string? param)
    {
        var fault = Refused(json, ChatBody.Shape);
        Assert.Equal((FaultKind.InvalidRequest, code, param), (fault.Kind, fault.Code, fault.Param));
    }

    [Theory]
    [InlineData("\"temperature\":2.1", "decimal_above_max_value", "temperature")]
    [InlineData("\"temperature\":\"1\"", "invalid_type", "temperature")]
    [InlineData("\"temperature\":1e999", "invalid_value", "temperature")]
    [InlineData("\"temperature\":NaN", "invalid_json", null)]
    [InlineData("\"top_p\":-0.1", "decimal_below_min_value", "top_p")]
    [InlineData("\"n\":0", "integer_below_min_value", "n")]
    [InlineData("\"n\":129", "integer_above_max_value", "n")]
    [InlineData("\"n\":1.5", "invalid_type", "n")]
    [InlineData("\"seed\":9223372036854775808", "invalid_value", "seed")]
    [InlineData("\"max_tokens\":0", "integer_below_min_value", "max_tokens")]
    [InlineData("\"max_tokens\":1,\"max_completion_tokens\":1", "invalid_parameter_combination", "max_tokens")]
    [InlineData("\"stop\":[\"a\",\"b\",\"c\",\"d\",\"e\"]", "array_above_max_length", "stop")]
    [InlineData("\"stop\":[1]", "invalid_type", "stop[0]")]
    [InlineData("\"logit_bias\":{\"50256\":101}", "decimal_above_max_value", "logit_bias.50256")]
    [InlineData("\"logit_bias\":{\"x\":1}", "invalid_value", "logit_bias")]
    [InlineData("\"top_logprobs\":3", "invalid_parameter_combination", "top_logprobs")]
    [InlineData("\"logprobs\":true,\"top_logprobs\":21", "integer_above_max_value", "top_logprobs")]
    [InlineData("\"stream_options\":{\"include_usage\":true}", "invalid_parameter_combination", "stream_options")]
    [InlineData("\"stream\":1", "invalid_type", "stream")]
    [InlineData("\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"a b\"}}]", "invalid_value", "tools[0].function.name")]
    [InlineData("\"tool_choice\":\"always\"", "invalid_value", "tool_choice")]
    [InlineData("\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{}}", "missing_required_parameter", "response_format.json_schema.name")]
    [InlineData("\"metadata\":{\"a\":1}", "invalid_type", "metadata.a")]
    public void A_wrong_parameter_is_refused_at_its_place(string field, string code, string? param)
    {
        var fault = Refused($$"""{"model":"m",{{Messages}},{{field}}}""", ChatBody.Shape);
        Assert.Equal((code, param), (fault.Code, fault.Param));
    }

    [Theory]
    [InlineData("""{"model":"m","prompt":"a","best_of":1,"n":2}""", "best_of")]
    [InlineData("""{"model":"m","prompt":"a","best_of":2,"stream":true}""", "best_of")]
    [InlineData("""{"model":"m","prompt":[]}""", "prompt")]
    [InlineData("""{"model":"m","prompt":["a",1]}""", "prompt[1]")]
    [InlineData("""{"model":"m","prompt":[[1],["a"]]}""", "prompt[1][0]")]
    [InlineData("""{"model":"m","prompt":"a","logprobs":6}""", "logprobs")]
    public void A_wrong_completion_is_refused_at_its_place(string json, string param) =>
        Assert.Equal(param, Refused(json, CompletionBody.Shape).Param);

    [Theory]
    [InlineData("""{"model":"m","input":""}""", "input")]
    [InlineData("""{"model":"m","input":["a",""]}""", "input[1]")]
    [InlineData("""{"model":"m","input":null}""", "input")]
    [InlineData("""{"model":"m","input":"a","dimensions":0}""", "dimensions")]
    [InlineData("""{"model":"m","input":"a","encoding_format":"int8"}""", "encoding_format")]
    public void A_wrong_embedding_is_refused_at_its_place(string json, string param) =>
        Assert.Equal(param, Refused(json, EmbeddingBody.Shape).Param);

    [Fact]
    public void Deep_nesting_is_refused_even_in_unknown_fields()
    {
        var json = $$"""{"model":"m",{{Messages}},"x":{{new string('[', 100)}}{{new string(']', 100)}}}""";
        Assert.Equal("nesting_too_deep", Refused(json, ChatBody.Shape).Code);
    }

    [Fact]
    public void Text_that_is_no_text_is_refused()
    {
        Assert.Equal("invalid_unicode", Refused("""{"model":"m","messages":[{"role":"user","content":"\ud800 "}]}""", ChatBody.Shape).Code);
        Assert.True(BodyScan.Read("""{"model":"m","messages":[{"role":"user","content":"\\ud800 \ud83d\ude00"}]}"""u8, ChatBody.Shape).TryGet(out _, out _));
        byte[] broken = [.. """{"model":"m","messages":[{"role":"user","content":" """u8, 0xff, .. "\"}]}"u8];
        Assert.False(BodyScan.Read(broken, ChatBody.Shape).TryGet(out _, out var fault));
        Assert.Equal("invalid_utf8", fault.Code);
    }

    [Fact]
    public void A_message_says_what_was_wrong_and_what_would_be_right()
    {
        var fault = Refused("""{"model":"m","messages":[{"role":"user","content":5}]}""", ChatBody.Shape);
        Assert.Equal("Invalid type for 'messages[0].content': expected one of a string or an array of objects, but got an integer instead.", fault.Message);
    }

    private static Envelope Read(string json)
    {
        var outcome = BodyScan.Read(Encoding.UTF8.GetBytes(json), ChatBody.Shape);
        Assert.True(outcome.TryGet(out var envelope, out var fault), fault?.Message);
        return envelope;
    }

    private static Fault Refused(string json, BodyShape shape)
    {
        Assert.False(BodyScan.Read(Encoding.UTF8.GetBytes(json), shape).TryGet(out _, out var fault));
        return fault;
    }
}
