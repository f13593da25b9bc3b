using System.Text.Json;

namespace Resultity.Node.Tests.Runtimes.Onnx;

public sealed class CompletionTests(OnnxRuntimeFixture onnx)
{
    private const string Prompt = "<|im_start|>user\\nHello, who are you?<|im_end|>\\n<|im_start|>assistant\\n";

    [Fact]
    public async Task A_prompt_is_continued_as_the_chat_would_be()
    {
        var chat = ChatCompletionTests.Content(await onnx.ChatAsync("\"max_tokens\": 60"));
        var answer = await PostAsync($"\"prompt\": \"{Prompt}\", \"max_tokens\": 60");
        Assert.Equal("text_completion", answer.GetProperty("object").GetString());
        Assert.Equal(chat, Texts(answer)[0]);
    }

    [Fact]
    public async Task Sixteen_tokens_are_the_default() =>
        Assert.Equal(16, (await PostAsync("\"prompt\": \"The\", \"ignore_eos\": true")).GetProperty("usage").GetProperty("completion_tokens").GetInt32());

    [Fact]
    public async Task Prompts_in_every_form_give_choices_in_order()
    {
        var one = Texts(await PostAsync("\"prompt\": \"Hello\", \"max_tokens\": 4"))[0];
        var two = Texts(await PostAsync("\"prompt\": \"The\", \"max_tokens\": 4"))[0];
        Assert.Equal([one, two], Texts(await PostAsync("\"prompt\": [\"Hello\", \"The\"], \"max_tokens\": 4")));
        Assert.Equal([one], Texts(await PostAsync("\"prompt\": [660], \"max_tokens\": 4")));
        Assert.Equal([one, one], Texts(await PostAsync("\"prompt\": [[660], [660]], \"max_tokens\": 4")));
    }

    [Fact]
    public async Task Echo_puts_the_prompt_in_front_and_alone_if_nothing_is_to_be_written()
    {
        Assert.StartsWith("Hello", Texts(await PostAsync("\"prompt\": \"Hello\", \"max_tokens\": 2, \"echo\": true"))[0], StringComparison.Ordinal);
        Assert.Equal(["Hello"], Texts(await PostAsync("\"prompt\": [660], \"max_tokens\": 0, \"echo\": true")));
    }

    [Fact]
    public async Task The_best_of_several_are_given_likeliest_first()
    {
        var answer = await PostAsync("\"prompt\": \"Hello\", \"max_tokens\": 6, \"temperature\": 1.5, \"seed\": 3, \"best_of\": 5, \"n\": 2, \"logprobs\": 1");
        var means = answer.GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("logprobs").GetProperty("token_logprobs").EnumerateArray().Average(value => value.GetDouble())).ToList();
        Assert.Equal(2, means.Count);
        Assert.True(means[0] >= means[1]);
    }

    [Fact]
    public async Task Log_probabilities_have_the_old_shape()
    {
        var choice = (await PostAsync("\"prompt\": \"Hello\", \"max_tokens\": 5, \"logprobs\": 2")).GetProperty("choices")[0];
        var logprobs = choice.GetProperty("logprobs");
        Assert.Equal(choice.GetProperty("text").GetString(), string.Concat(logprobs.GetProperty("tokens").EnumerateArray().Select(token => token.GetString())));
        Assert.Equal(0, logprobs.GetProperty("text_offset")[0].GetInt32());
        Assert.InRange(logprobs.GetProperty("top_logprobs")[0].EnumerateObject().Count(), 1, 2);
    }

    [Fact]
    public async Task A_stream_says_the_same_as_the_whole_answer()
    {
        var whole = Texts(await PostAsync("\"prompt\": [\"Hello\", \"The\"], \"max_tokens\": 8"));
        var exchange = await onnx.PostAsync("/v1/completions", OnnxRuntimeFixture.Merge("{\"temperature\": 0}", "\"prompt\": [\"Hello\", \"The\"], \"max_tokens\": 8, \"stream\": true"));
        for (var index = 0; index < 2; index++)
            Assert.Equal(whole[index], string.Concat(exchange.Events.Select(one => one.GetProperty("choices")[0]).Where(choice => choice.GetProperty("index").GetInt32() == index).Select(choice => choice.GetProperty("text").GetString())));
        Assert.EndsWith("data: [DONE]\n\n", exchange.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"max_tokens\": 5", "prompt")]
    [InlineData("\"prompt\": []", "prompt")]
    [InlineData("\"prompt\": [99999]", "prompt[0]")]
    [InlineData("\"prompt\": [1, \"a\"]", "prompt[1]")]
    [InlineData("\"prompt\": [\"a\", 1]", "prompt[1]")]
    [InlineData("\"prompt\": \"a\", \"suffix\": \"b\"", "suffix")]
    [InlineData("\"prompt\": \"a\", \"n\": 3, \"best_of\": 2", "best_of")]
    [InlineData("\"prompt\": \"a\", \"best_of\": 2, \"stream\": true", "best_of")]
    [InlineData("\"prompt\": \"a\", \"echo\": true, \"logprobs\": 1", "echo")]
    [InlineData("\"prompt\": \"a\", \"max_tokens\": 0", "max_tokens")]
    public async Task A_wrong_field_is_refused_by_its_path(string members, string param)
    {
        var exchange = await onnx.PostAsync("/v1/completions", OnnxRuntimeFixture.Merge("{}", members));
        Assert.Equal(400, exchange.Status);
        Assert.Equal(param, exchange.Json.GetProperty("error").GetProperty("param").GetString());
    }

    private async Task<JsonElement> PostAsync(string members)
    {
        var exchange = await onnx.PostAsync("/v1/completions", OnnxRuntimeFixture.Merge("{\"temperature\": 0}", members));
        Assert.True(exchange.Status == 200, exchange.Text);
        return exchange.Json;
    }

    private static List<string?> Texts(JsonElement answer) => [.. answer.GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("text").GetString())];
}
