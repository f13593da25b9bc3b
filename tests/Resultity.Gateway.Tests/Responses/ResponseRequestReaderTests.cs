using System.Text;
using System.Text.Json;
using Resultity.Contracts.Values;
using Resultity.Gateway.Responses;

namespace Resultity.Gateway.Tests.Responses;

public sealed class ResponseRequestReaderTests
{
    [Theory]
    [InlineData("""{"input":"x"}""", "model", "missing_required_parameter")]
    [InlineData("""{"model":"","input":"x"}""", "model", "string_below_min_length")]
    [InlineData("""{"model":7,"input":"x"}""", "model", "invalid_type")]
    [InlineData("""{"model":"m"}""", "input", "missing_required_parameter")]
    [InlineData("""{"model":"m","input":5}""", "input", "invalid_type")]
    [InlineData("""{"model":"m","input":"x","stream":"yes"}""", "stream", "invalid_type")]
    [InlineData("""{"model":"m","input":"x","temperature":3}""", "temperature", "decimal_above_max_value")]
    [InlineData("""{"model":"m","input":"x","temperature":-1e400}""", "temperature", "invalid_value")]
    [InlineData("""{"model":"m","input":"x","max_output_tokens":0}""", "max_output_tokens", "integer_below_min_value")]
    [InlineData("""{"model":"m","input":"x","max_output_tokens":1.5}""", "max_output_tokens", "invalid_type")]
    [InlineData("""{"model":"m","input":"x","max_output_tokens":99999999999999999999}""", "max_output_tokens", "invalid_value")]
    [InlineData("""{"model":"m","input":"x","top_logprobs":21}""", "top_logprobs", "integer_above_max_value")]
    [InlineData("""{"model":"m","input":"x","conversation":"conv_1"}""", "conversation", "unsupported_parameter")]
    [InlineData("""{"model":"m","input":"x","prompt":{"id":"p"}}""", "prompt", "unsupported_parameter")]
    [InlineData("""{"model":"m","input":"x","include":["a"]}""", "include[0]", "invalid_value")]
    [InlineData("""{"model":"m","input":"x","truncation":"some"}""", "truncation", "invalid_value")]
    [InlineData("""{"model":"m","input":"x","background":true,"store":false}""", "background", "invalid_value")]
    [InlineData("""{"model":"m","input":"x","metadata":{"k":1}}""", "metadata.k", "invalid_type")]
    [InlineData("""{"model":"m","input":"x","text":{"format":{"type":"json_schema","name":"a"}}}""", "text.format.schema", "missing_required_parameter")]
    [InlineData("""{"model":"m","input":"x","text":{"format":{"type":"json_schema","name":"a b","schema":{}}}}""", "text.format.name", "invalid_value")]
    [InlineData("""{"model":"m","input":"x","tools":[{"type":"web_search"}]}""", "tools[0].type", "unsupported_value")]
    [InlineData("""{"model":"m","input":"x","tools":[{"type":"function"}]}""", "tools[0].name", "missing_required_parameter")]
    [InlineData("""{"model":"m","input":"x","tools":[7]}""", "tools[0]", "invalid_type")]
    [InlineData("""{"model":"m","input":"x","tool_choice":"required"}""", "tool_choice", "invalid_value")]
    [InlineData("""{"model":"m","input":"x","tool_choice":{"type":"function","name":"f"}}""", "tool_choice.name", "invalid_value")]
    [InlineData("""{"model":"m","input":"x","tool_choice":{"type":"mcp"}}""", "tool_choice.type", "invalid_value")]
    [InlineData("""{"model":"m","input":"x","reasoning":{"effort":"huge"}}""", "reasoning.effort", "invalid_value")]
    [InlineData("""{"model":"m","input":"x","model":"n"}""", "model", "duplicate_parameter")]
    [InlineData("""{"model":"m","input":"\ud800"}""", null, "invalid_unicode")]
    [InlineData("""{"model":"m",""", null, "invalid_json")]
    [InlineData("[]", null, "invalid_type")]
    public void A_wrong_request_is_refused_by_name(string json, string? param, string code)
    {
        Assert.False(ResponseRequestReader.Read(Encoding.UTF8.GetBytes(json)).TryGet(out _, out var fault));
        Assert.Equal((FaultKind.InvalidRequest, param, code), (fault.Kind, fault.Param, fault.Code));
    }

    [Theory]
    [InlineData("[5]", "input[0]", "invalid_type")]
    [InlineData("[{}]", "input[0].type", "missing_required_parameter")]
    [InlineData("""[{"type":"web_search_call"}]""", "input[0].type", "invalid_value")]
    [InlineData("""[{"role":"robot","content":"x"}]""", "input[0].role", "invalid_value")]
    [InlineData("""[{"role":"user"}]""", "input[0].content", "missing_required_parameter")]
    [InlineData("""[{"role":"user","content":[{"type":"output_text","text":"x"}]}]""", "input[0].content[0].type", "invalid_value")]
    [InlineData("""[{"role":"assistant","content":[{"type":"input_text","text":"x"}]}]""", "input[0].content[0].type", "invalid_value")]
    [InlineData("""[{"role":"user","content":[{"type":"input_text"}]}]""", "input[0].content[0].text", "missing_required_parameter")]
    [InlineData("""[{"role":"user","content":[{"type":"input_image","file_id":"f"}]}]""", "input[0].content[0].file_id", "unsupported_parameter")]
    [InlineData("""[{"role":"user","content":[null]}]""", "input[0].content[0]", "invalid_type")]
    [InlineData("""[{"type":"function_call","name":"f","arguments":"{}"}]""", "input[0].call_id", "missing_required_parameter")]
    [InlineData("""[{"type":"function_call_output","call_id":"c"}]""", "input[0].output", "missing_required_parameter")]
    [InlineData("""[{"role":"user","content":"x"},{"type":"item_reference","id":"msg_1"}]""", "input[1].id", "item_not_found")]
    [InlineData("""[{"type":"reasoning","summary":"x"}]""", "input[0].summary", "invalid_type")]
    public void A_wrong_item_is_refused_by_its_path(string input, string param, string code)
    {
        Assert.False(InputItems.Normalise(JsonElement.Parse(input), ResponseBench.Id, new Dictionary<string, JsonElement>()).TryGet(out _, out var fault));
        Assert.Equal((param, code), (fault.Param, fault.Code));
    }

    [Fact]
    public void Unknown_members_and_nulls_are_taken()
    {
        var json = """{"model":"m","input":"x","some_new_thing":{"a":1},"temperature":null,"tools":null,"text":null,"metadata":null,"conversation":null}""";

        Assert.True(ResponseRequestReader.Read(Encoding.UTF8.GetBytes(json)).TryGet(out _, out _));
    }

    [Fact]
    public void An_item_names_the_response_that_holds_it()
    {
        Assert.Equal(ResponseBench.Id, ResponseIds.ResponseOf(ResponseIds.Item("msg_", ResponseBench.Id, 12)));
        Assert.Null(ResponseIds.ResponseOf("msg_1"));
        Assert.Null(ResponseIds.ResponseOf("msg_" + new string('!', 40)));
    }

    [Fact]
    public void A_response_has_every_field_that_clients_read()
    {
        using var bench = new ResponseBench("""{"model":"m","input":"x"}""");

        Assert.Equal(
            """{"id":"resp_01jd0000000000000000000000","object":"response","created_at":1700000000,"status":"in_progress","background":false,"completed_at":null,"error":null,"incomplete_details":null,"instructions":null,"max_output_tokens":null,"max_tool_calls":null,"model":"m","output":[],"parallel_tool_calls":true,"previous_response_id":null,"prompt_cache_key":null,"reasoning":{"effort":null,"summary":null},"safety_identifier":null,"service_tier":"default","store":true,"temperature":1,"text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[],"top_logprobs":0,"top_p":1,"truncation":"disabled","usage":null,"user":null,"metadata":{}}""",
            bench.Response.GetRawText());
    }
}
