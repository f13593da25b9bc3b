using System.Text;
using System.Text.Json;
using Resultity.Contracts.Values;
using Resultity.Gateway.Responses;

namespace Resultity.Gateway.Tests.Responses;

public sealed class ChatBodyWriterTests
{
    [Fact]
    public void Text_becomes_a_user_message() =>
        Assert.Equal("""{"model":"m","messages":[{"role":"user","content":"Hi"}]}""", Write("""{"model":"m","input":"Hi"}"""));

    [Fact]
    public void Every_setting_has_its_name_in_chat() =>
        Assert.Equal(
            """{"model":"m","messages":[{"role":"user","content":"x"}],"max_tokens":9,"temperature":0.5,"top_p":0.25,"logprobs":true,"top_logprobs":2,"reasoning_effort":"low","verbosity":"high","response_format":{"type":"json_schema","json_schema":{"name":"a","description":"d","schema":{"type":"object"},"strict":true}},"user":"u","seed":3,"multimodel":{"mode":"first","models":["m","o"]}}""",
            Write("""
                {"model":"m","input":"x","max_output_tokens":9,"temperature":0.5,"top_p":0.25,"top_logprobs":2,"include":["message.output_text.logprobs"],
                 "reasoning":{"effort":"low"},"text":{"verbosity":"high","format":{"type":"json_schema","name":"a","description":"d","schema":{"type":"object"},"strict":true}},
                 "user":"u","metadata":{"k":"v"},"store":false,"truncation":"auto","seed":3,"multimodel":{"mode":"first","models":["m","o"]},"n":5,"messages":[],"service_tier":"auto"}
                """));

    [Fact]
    public void Functions_are_nested_as_chat_nests_them() =>
        Assert.Equal(
            """{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"},"strict":true}}],"tool_choice":{"type":"function","function":{"name":"f"}},"parallel_tool_calls":false}""",
            Write("""
                {"model":"m","input":"x","tools":[{"type":"function","name":"f","description":"d","parameters":{"type":"object"},"strict":true}],
                 "tool_choice":{"type":"function","name":"f"},"parallel_tool_calls":false}
                """));

    [Fact]
    public void Allowed_tools_are_the_only_ones_sent() =>
        Assert.Equal(
            """{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"g"}}],"tool_choice":"required","parallel_tool_calls":true}""",
            Write("""
                {"model":"m","input":"x","tools":[{"type":"function","name":"f"},{"type":"function","name":"g"}],
                 "tool_choice":{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"g"}]}}
                """));

    [Fact]
    public void Instructions_and_leading_system_messages_are_one_message() =>
        Assert.Equal(
            """[{"role":"system","content":"Be brief.\n\nBe kind."},{"role":"user","content":"Hi"},{"role":"system","content":"Now rhyme."}]""",
            Messages("""
                {"model":"m","instructions":"Be brief.","input":[{"role":"developer","content":"Be kind."},{"role":"user","content":"Hi"},{"role":"developer","content":"Now rhyme."}]}
                """));

    [Fact]
    public void Reasoning_text_and_calls_of_one_turn_are_one_message() =>
        Assert.Equal(
            """[{"role":"user","content":"Time?"},{"role":"assistant","content":"I look.","reasoning_content":"A clock.","tool_calls":[{"id":"c1","type":"function","function":{"name":"now","arguments":"{}"}},{"id":"c2","type":"function","function":{"name":"zone","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c1","content":"12:00"},{"role":"tool","tool_call_id":"c2","content":"UTC"}]""",
            Messages("""
                {"model":"m","input":[
                  {"role":"user","content":"Time?"},
                  {"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"A clock."}]},
                  {"type":"message","role":"assistant","content":[{"type":"output_text","text":"I look.","annotations":[]}]},
                  {"type":"function_call","call_id":"c1","name":"now","arguments":"{}"},
                  {"type":"function_call","call_id":"c2","name":"zone","arguments":"{}"},
                  {"type":"function_call_output","call_id":"c1","output":"12:00"},
                  {"type":"function_call_output","call_id":"c2","output":[{"type":"input_text","text":"UTC"}]}]}
                """));

    [Fact]
    public void Images_files_and_sound_become_chat_parts() =>
        Assert.Equal(
            """[{"role":"user","content":[{"type":"text","text":"See"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AA==","detail":"low"}},{"type":"file","file":{"filename":"a.pdf","file_data":"data:x"}},{"type":"input_audio","input_audio":{"data":"AA==","format":"wav"}}]}]""",
            Messages("""
                {"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"See"},{"type":"input_image","image_url":"data:image/png;base64,AA==","detail":"low"},
                  {"type":"input_file","filename":"a.pdf","file_data":"data:x"},{"type":"input_audio","input_audio":{"data":"AA==","format":"wav"}}]}]}
                """));

    [Fact]
    public void Two_assistant_messages_stay_two() =>
        Assert.Equal(
            """[{"role":"assistant","content":"a"},{"role":"assistant","content":null,"refusal":"no"}]""",
            Messages("""{"model":"m","input":[{"role":"assistant","content":"a"},{"role":"assistant","content":[{"type":"refusal","refusal":"no"}]}]}"""));

    [Fact]
    public void Model_and_stream_options_are_where_the_ranges_say()
    {
        var request = Read("""{"model":"my \"model\"","input":"x"}""");
        Assert.True(ChatBodyWriter.Write(request, [], stream: true).TryGet(out var body, out _));
        Assert.Equal("\"my \\\"model\\\"\"", Encoding.UTF8.GetString(body.Bytes.Span[body.Model.Start..body.Model.End]));
        Assert.Equal("""{"include_usage":true}""", Encoding.UTF8.GetString(body.Bytes.Span[body.StreamOptions.Start..body.StreamOptions.End]));
    }

    [Theory]
    [InlineData("""[{"type":"function_call_output","call_id":"c9","output":"x"}]""", "No tool call found for function call output with call_id c9.")]
    [InlineData("""[{"type":"function_call","call_id":"c9","name":"f","arguments":"{}"},{"role":"user","content":"x"}]""", "No tool output found for function call c9.")]
    public void Calls_and_outputs_belong_together(string input, string message)
    {
        Assert.False(Body($$"""{"model":"m","input":{{input}}}""").TryGet(out _, out var fault));
        Assert.Equal((FaultKind.InvalidRequest, message, "input"), (fault.Kind, fault.Message, fault.Param));
    }

    private static string Write(string json)
    {
        Assert.True(Body(json).TryGet(out var body, out var fault), fault?.Message);
        return Encoding.UTF8.GetString(body.Bytes.Span);
    }

    private static string Messages(string json) => JsonElement.Parse(Write(json)).GetProperty("messages").GetRawText();

    private static Outcome<ChatBody> Body(string json)
    {
        var request = Read(json);
        Assert.True(InputItems.Normalise(request.Field("input"), ResponseBench.Id, new Dictionary<string, JsonElement>()).TryGet(out var items, out var fault), fault?.Message);
        return ChatBodyWriter.Write(request, items, stream: false);
    }

    private static ResponseRequest Read(string json)
    {
        Assert.True(ResponseRequestReader.Read(Encoding.UTF8.GetBytes(json)).TryGet(out var request, out var fault), fault?.Message);
        return request;
    }
}
