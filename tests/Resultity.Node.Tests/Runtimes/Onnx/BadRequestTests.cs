namespace Resultity.Node.Tests.Runtimes.Onnx;

public sealed class BadRequestTests(OnnxRuntimeFixture onnx)
{
    [Theory]
    [InlineData("\"messages\": null", "messages", "missing_required_parameter")]
    [InlineData("\"messages\": []", "messages", "empty_array")]
    [InlineData("\"messages\": \"hi\"", "messages", "invalid_type")]
    [InlineData("\"messages\": [1]", "messages[0]", "invalid_type")]
    [InlineData("\"messages\": [{\"role\": \"wizard\", \"content\": \"x\"}]", "messages[0].role", "invalid_value")]
    [InlineData("\"messages\": [{\"role\": \"user\"}]", "messages[0].content", "missing_required_parameter")]
    [InlineData("\"messages\": [{\"role\": \"tool\", \"content\": \"x\"}]", "messages[0].tool_call_id", "missing_required_parameter")]
    [InlineData("\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\", \"image_url\": {\"url\": \"data:\"}}]}]", "messages[0].content[0].type", "unsupported_content")]
    [InlineData("\"temperature\": 2.1", "temperature", "invalid_value")]
    [InlineData("\"temperature\": \"hot\"", "temperature", "invalid_type")]
    [InlineData("\"top_p\": -0.1", "top_p", "invalid_value")]
    [InlineData("\"n\": 0", "n", "invalid_value")]
    [InlineData("\"n\": 1.5", "n", "invalid_type")]
    [InlineData("\"max_tokens\": 0", "max_tokens", "invalid_value")]
    [InlineData("\"max_tokens\": 1e99", "max_tokens", "invalid_type")]
    [InlineData("\"stop\": [1]", "stop[0]", "invalid_type")]
    [InlineData("\"stop\": [\"a\",\"b\",\"c\",\"d\",\"e\"]", "stop", "array_above_max_length")]
    [InlineData("\"logit_bias\": {\"99999\": 1}", "logit_bias", "invalid_value")]
    [InlineData("\"logit_bias\": {\"5\": 101}", "logit_bias.5", "invalid_value")]
    [InlineData("\"top_logprobs\": 2", "top_logprobs", "invalid_value")]
    [InlineData("\"logprobs\": true, \"top_logprobs\": 21", "top_logprobs", "invalid_value")]
    [InlineData("\"stream_options\": {\"include_usage\": true}", "stream_options", "invalid_value")]
    [InlineData("\"stream\": \"yes\"", "stream", "invalid_type")]
    [InlineData("\"response_format\": {}", "response_format.type", "missing_required_parameter")]
    [InlineData("\"response_format\": {\"type\": \"xml\"}", "response_format.type", "invalid_value")]
    [InlineData("\"response_format\": {\"type\": \"json_schema\"}", "response_format.json_schema", "missing_required_parameter")]
    [InlineData("\"tools\": [{\"type\": \"function\"}]", "tools[0].function", "missing_required_parameter")]
    [InlineData("\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"a b\"}}]", "tools[0].function.name", "invalid_value")]
    [InlineData("\"tool_choice\": \"required\"", "tool_choice", "invalid_value")]
    [InlineData("\"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"a\"}}], \"tool_choice\": {\"type\": \"function\", \"function\": {\"name\": \"b\"}}", "tool_choice.function.name", "invalid_value")]
    [InlineData("\"continue_final_message\": true", "messages[0]", "invalid_value")]
    [InlineData("\"seed\": \"x\"", "seed", "invalid_type")]
    public async Task A_wrong_field_is_refused_by_its_path(string members, string param, string code)
    {
        var exchange = await onnx.ChatAsync(members);
        Assert.Equal(400, exchange.Status);
        var error = exchange.Json.GetProperty("error");
        Assert.Equal(param, error.GetProperty("param").GetString());
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
        Assert.DoesNotContain("System.", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_prompt_beyond_the_context_is_refused_with_both_numbers()
    {
        var exchange = await onnx.ChatAsync("\"max_tokens\": 5", string.Concat(Enumerable.Repeat("hello there ", 2000)));
        var error = exchange.Json.GetProperty("error");
        Assert.Equal(400, exchange.Status);
        Assert.Equal("context_length_exceeded", error.GetProperty("code").GetString());
        Assert.Matches("1024 tokens, but the prompt has [0-9]{4,} tokens", error.GetProperty("message").GetString());
    }

    [Theory]
    [InlineData("{", "invalid_json")]
    [InlineData("[]", "invalid_json")]
    [InlineData("{\"messages\": [], \"messages\": []}", "invalid_json")]
    public async Task What_is_no_JSON_object_is_refused(string body, string code)
    {
        var exchange = new RawExchange(body);
        await onnx.Runtime.ExecuteAsync(exchange, CancellationToken.None);
        Assert.Equal(400, exchange.Status);
        Assert.Contains(code, exchange.Answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_model_and_an_unserved_endpoint_are_refused()
    {
        var body = OnnxRuntimeFixture.Merge("{}", "\"input\": \"x\"");
        Assert.Equal(404, (await onnx.PostAsync("/v1/chat/completions", body, "nobody")).Status);
        Assert.Equal(400, (await onnx.PostAsync("/v1/embeddings", body)).Status);
    }
}
