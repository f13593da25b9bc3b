using System.Text.Json;
using System.Text.Json.Nodes;

namespace Resultity.Node.Tests.Runtimes.Onnx;

public sealed class StructuredAnswerTests(OnnxRuntimeFixture onnx)
{
    private const string Tools = """
        "tools": [
          {"type": "function", "function": {"name": "get_weather", "description": "Weather of a city", "strict": true, "parameters": {"type": "object", "properties": {"city": {"type": "string", "maxLength": 10}, "unit": {"enum": ["c", "f"]}}, "required": ["city", "unit"], "additionalProperties": false}}},
          {"type": "function", "function": {"name": "add", "parameters": {"type": "object", "properties": {"a": {"type": "integer", "maximum": 99}, "b": {"type": "integer", "minimum": 0, "maximum": 99}}, "required": ["a", "b"]}}}]
        """;

    [Theory]
    [InlineData(0)]
    [InlineData(1.5)]
    public async Task A_schema_is_kept_whatever_the_model_would_rather_say(double temperature)
    {
        var members = $$$$"""
            "temperature": {{{{temperature.ToString(System.Globalization.CultureInfo.InvariantCulture)}}}}, "n": 4, "seed": 1, "max_tokens": 400, "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "strict": true, "schema":
              {"type": "object", "properties": {"mood": {"enum": ["good", "bad"]}, "score": {"type": "integer", "minimum": 1, "maximum": 10}, "tags": {"type": "array", "items": {"type": "string", "maxLength": 6}, "maxItems": 3}}, "required": ["mood", "score", "tags"], "additionalProperties": false}}}
            """;
        foreach (var choice in (await onnx.ChatAsync(members)).Json.GetProperty("choices").EnumerateArray())
        {
            Assert.Equal("stop", choice.GetProperty("finish_reason").GetString());
            using var value = JsonDocument.Parse(choice.GetProperty("message").GetProperty("content").GetString()!);
            Assert.Contains(value.RootElement.GetProperty("mood").GetString(), new[] { "good", "bad" });
            Assert.InRange(value.RootElement.GetProperty("score").GetInt32(), 1, 10);
            Assert.InRange(value.RootElement.GetProperty("tags").GetArrayLength(), 0, 3);
        }
    }

    [Fact]
    public async Task Json_object_gives_an_object_or_ends_by_length()
    {
        var choices = (await onnx.ChatAsync("\"temperature\": 1, \"n\": 6, \"seed\": 4, \"max_tokens\": 200, \"response_format\": {\"type\": \"json_object\"}")).Json.GetProperty("choices").EnumerateArray().ToList();
        foreach (var choice in choices)
        {
            var content = choice.GetProperty("message").GetProperty("content").GetString()!;
            Assert.StartsWith("{", content, StringComparison.Ordinal);
            if (choice.GetProperty("finish_reason").GetString() == "stop") Assert.Equal(JsonValueKind.Object, JsonDocument.Parse(content).RootElement.ValueKind);
        }
    }

    [Theory]
    [InlineData("\"required\"", null)]
    [InlineData("{\"type\": \"function\", \"function\": {\"name\": \"add\"}}", "add")]
    [InlineData("{\"type\": \"allowed_tools\", \"allowed_tools\": {\"mode\": \"required\", \"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"get_weather\"}}]}}", "get_weather")]
    public async Task A_required_call_is_made_and_keeps_its_schema(string choice, string? name)
    {
        var exchange = await onnx.ChatAsync($"\"temperature\": 1, \"seed\": 2, \"parallel_tool_calls\": false, \"max_tokens\": 200, \"tool_choice\": {choice}, {Tools}", "What is the weather in Oslo?");
        Assert.True(exchange.Status == 200, exchange.Text);
        var answer = exchange.Json.GetProperty("choices")[0];
        Assert.Equal("tool_calls", answer.GetProperty("finish_reason").GetString());
        Assert.Equal(JsonValueKind.Null, answer.GetProperty("message").GetProperty("content").ValueKind);
        var call = Assert.Single(answer.GetProperty("message").GetProperty("tool_calls").EnumerateArray());
        Assert.StartsWith("call_", call.GetProperty("id").GetString(), StringComparison.Ordinal);
        var function = call.GetProperty("function");
        if (name is not null) Assert.Equal(name, function.GetProperty("name").GetString());
        using var arguments = JsonDocument.Parse(function.GetProperty("arguments").GetString()!);
        Assert.True(function.GetProperty("name").GetString() == "add" ? arguments.RootElement.GetProperty("a").TryGetInt32(out _) : arguments.RootElement.GetProperty("city").GetString()!.Length <= 10);
    }

    [Fact]
    public async Task A_call_is_streamed_name_first_and_arguments_in_pieces()
    {
        const string members = "\"seed\": 2, \"parallel_tool_calls\": false, \"max_tokens\": 200, \"tool_choice\": \"required\", " + Tools;
        var whole = (await onnx.ChatAsync(members)).Json.GetProperty("choices")[0].GetProperty("message").GetProperty("tool_calls")[0].GetProperty("function");
        var deltas = (await onnx.ChatAsync(members + ", \"stream\": true")).Events.Select(one => one.GetProperty("choices")[0]).ToList();
        Assert.Equal("tool_calls", deltas[^1].GetProperty("finish_reason").GetString());
        var calls = deltas.Where(one => one.GetProperty("delta").TryGetProperty("tool_calls", out _)).Select(one => one.GetProperty("delta").GetProperty("tool_calls")[0]).ToList();
        Assert.Equal(whole.GetProperty("name").GetString(), calls[0].GetProperty("function").GetProperty("name").GetString());
        Assert.True(calls[0].TryGetProperty("id", out _));
        Assert.All(calls.Skip(1), call => Assert.False(call.TryGetProperty("id", out _)));
        Assert.Equal(whole.GetProperty("arguments").GetString(), string.Concat(calls.Select(call => call.GetProperty("function").GetProperty("arguments").GetString())));
    }

    [Fact]
    public async Task Without_a_choice_the_model_may_answer_in_words()
    {
        var message = (await onnx.ChatAsync("\"max_tokens\": 60, " + Tools, "Hello!")).Json.GetProperty("choices")[0];
        Assert.Contains(message.GetProperty("finish_reason").GetString(), new[] { "stop", "tool_calls", "length" });
    }

    [Fact]
    public async Task A_json_answer_that_was_cut_is_continued_within_its_schema()
    {
        var body = OnnxRuntimeFixture.Merge("""{"continue_final_message":true,"max_tokens":60,"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"boolean"}},"required":["a","b"]}}}}""", "");
        body["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "Go" }, new JsonObject { ["role"] = "assistant", ["content"] = "{\"a\": 4" });
        var exchange = await onnx.PostAsync("/v1/chat/completions", body);
        using var value = JsonDocument.Parse("{\"a\": 4" + ChatCompletionTests.Content(exchange));
        Assert.True(value.RootElement.TryGetProperty("b", out _));
        body["messages"]![1]!["content"] = "no JSON";
        Assert.Equal(400, (await onnx.PostAsync("/v1/chat/completions", body)).Status);
    }

    [Theory]
    [InlineData("\"response_format\": {\"type\": \"json_schema\", \"json_schema\": {\"name\": \"x\", \"schema\": {\"type\": \"array\", \"uniqueItems\": true}}}", "response_format.json_schema.schema")]
    [InlineData("\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"f\", \"strict\": true, \"parameters\": {\"not\": {}}}}]", "tools")]
    public async Task A_schema_that_cannot_be_kept_is_refused(string members, string param)
    {
        var exchange = await onnx.ChatAsync(members);
        Assert.Equal(400, exchange.Status);
        Assert.Equal(param, exchange.Json.GetProperty("error").GetProperty("param").GetString());
        Assert.Equal("invalid_json_schema", exchange.Json.GetProperty("error").GetProperty("code").GetString());
    }
}
