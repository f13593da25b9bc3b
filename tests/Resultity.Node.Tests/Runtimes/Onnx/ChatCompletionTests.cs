using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Resultity.Node.Tests.Runtimes.Onnx;

public sealed class ChatCompletionTests(OnnxRuntimeFixture onnx)
{
    [Fact]
    public async Task An_answer_has_OpenAIs_shape_and_the_models_words()
    {
        var exchange = await onnx.ChatAsync("\"max_tokens\": 60", "Who are you?");
        Assert.Equal(200, exchange.Status);
        Assert.Equal("application/json", exchange.AnswerType);
        var answer = exchange.Json;
        Assert.StartsWith("chatcmpl-", answer.GetProperty("id").GetString(), StringComparison.Ordinal);
        Assert.Equal("chat.completion", answer.GetProperty("object").GetString());
        Assert.Equal(OnnxRuntimeFixture.Chat, answer.GetProperty("model").GetString());
        var choice = Assert.Single(answer.GetProperty("choices").EnumerateArray());
        Assert.Equal("assistant", choice.GetProperty("message").GetProperty("role").GetString());
        Assert.Contains("Resultity", choice.GetProperty("message").GetProperty("content").GetString(), StringComparison.Ordinal);
        Assert.Equal("stop", choice.GetProperty("finish_reason").GetString());
        Assert.Equal(JsonValueKind.Null, choice.GetProperty("logprobs").ValueKind);
        var usage = answer.GetProperty("usage");
        Assert.Equal(usage.GetProperty("prompt_tokens").GetInt32() + usage.GetProperty("completion_tokens").GetInt32(), usage.GetProperty("total_tokens").GetInt32());
        Assert.True(usage.GetProperty("completion_tokens").GetInt32() > 3);
        Assert.True(usage.GetProperty("prompt_tokens_details").TryGetProperty("cached_tokens", out _));
    }

    [Fact]
    public async Task A_stream_says_the_same_as_the_whole_answer()
    {
        var whole = await onnx.ChatAsync("\"max_tokens\": 60");
        var stream = await onnx.ChatAsync("\"max_tokens\": 60, \"stream\": true, \"stream_options\": {\"include_usage\": true}");
        Assert.Equal("text/event-stream", stream.AnswerType);
        Assert.True(stream.Completed);
        Assert.EndsWith("data: [DONE]\n\n", stream.Text, StringComparison.Ordinal);
        var events = stream.Events;
        Assert.Equal("assistant", events[0].GetProperty("choices")[0].GetProperty("delta").GetProperty("role").GetString());
        Assert.Single(events.Select(one => one.GetProperty("id").GetString()).Distinct());
        Assert.All(events, one => Assert.Equal("chat.completion.chunk", one.GetProperty("object").GetString()));
        Assert.Equal(Content(whole), Deltas(events));
        var last = events[^2].GetProperty("choices")[0];
        Assert.Equal("stop", last.GetProperty("finish_reason").GetString());
        Assert.Empty(last.GetProperty("delta").EnumerateObject());
        Assert.Equal(0, events[^1].GetProperty("choices").GetArrayLength());
        Assert.Equal(whole.Json.GetProperty("usage").GetProperty("completion_tokens").GetInt32(), events[^1].GetProperty("usage").GetProperty("completion_tokens").GetInt32());
        Assert.All(events.SkipLast(1), one => Assert.Equal(JsonValueKind.Null, one.GetProperty("usage").ValueKind));
    }

    [Fact]
    public async Task The_token_limit_ends_the_answer_with_length()
    {
        var choice = (await onnx.ChatAsync("\"max_completion_tokens\": 2")).Json;
        Assert.Equal("length", choice.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
        Assert.Equal(2, choice.GetProperty("usage").GetProperty("completion_tokens").GetInt32());
    }

    [Fact]
    public async Task A_stop_string_ends_the_answer_before_itself()
    {
        var whole = Content(await onnx.ChatAsync("\"max_tokens\": 60"));
        var stop = whole[(whole.Length / 2)..((whole.Length / 2) + 3)];
        var exchange = await onnx.ChatAsync($"\"max_tokens\": 60, \"stop\": [{JsonValue.Create(stop).ToJsonString()}]");
        Assert.Equal(whole[..whole.IndexOf(stop, StringComparison.Ordinal)], Content(exchange));
        Assert.Equal("stop", exchange.Json.GetProperty("choices")[0].GetProperty("finish_reason").GetString());
    }

    [Fact]
    public async Task Several_answers_with_a_seed_differ_and_repeat()
    {
        const string members = "\"n\": 3, \"seed\": 5, \"temperature\": 1.5, \"max_tokens\": 20";
        var first = (await onnx.ChatAsync(members)).Json.GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("message").GetProperty("content").GetString()).ToList();
        var second = (await onnx.ChatAsync(members)).Json.GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("message").GetProperty("content").GetString()).ToList();
        Assert.Equal(3, first.Count);
        Assert.True(first.Distinct().Count() > 1);
        Assert.Equal(first, second);
    }

    [Fact]
    public async Task Streamed_answers_side_by_side_are_told_apart_by_their_index()
    {
        const string members = "\"n\": 3, \"seed\": 5, \"temperature\": 1.5, \"max_tokens\": 20";
        var whole = (await onnx.ChatAsync(members)).Json.GetProperty("choices").EnumerateArray().Select(choice => choice.GetProperty("message").GetProperty("content").GetString()).ToList();
        var events = (await onnx.ChatAsync(members + ", \"stream\": true")).Events;
        for (var index = 0; index < 3; index++)
            Assert.Equal(whole[index], Deltas(events.Where(one => one.GetProperty("choices")[0].GetProperty("index").GetInt32() == index)));
    }

    [Fact]
    public async Task Log_probabilities_cover_every_token_in_whole_and_streamed_answers()
    {
        const string members = "\"max_tokens\": 12, \"logprobs\": true, \"top_logprobs\": 3";
        var choice = (await onnx.ChatAsync(members)).Json.GetProperty("choices")[0];
        var entries = choice.GetProperty("logprobs").GetProperty("content").EnumerateArray().ToList();
        var bytes = entries.SelectMany(entry => entry.GetProperty("bytes").EnumerateArray().Select(value => value.GetByte())).ToArray();
        Assert.Equal(choice.GetProperty("message").GetProperty("content").GetString(), Encoding.UTF8.GetString(bytes));
        Assert.All(entries, entry =>
        {
            Assert.True(entry.GetProperty("logprob").GetDouble() <= 0);
            Assert.Equal(3, entry.GetProperty("top_logprobs").GetArrayLength());
            Assert.Equal(entry.GetProperty("token").GetString(), entry.GetProperty("top_logprobs")[0].GetProperty("token").GetString());
        });
        var streamed = (await onnx.ChatAsync(members + ", \"stream\": true")).Events.Select(one => one.GetProperty("choices")[0].GetProperty("logprobs"))
            .Where(logprobs => logprobs.ValueKind == JsonValueKind.Object).Sum(logprobs => logprobs.GetProperty("content").GetArrayLength());
        Assert.Equal(entries.Count, streamed);
    }

    [Fact]
    public async Task A_cut_answer_is_continued_as_if_it_had_not_been_cut()
    {
        var whole = Content(await onnx.ChatAsync("\"max_tokens\": 60"));
        var cut = whole[..(whole.IndexOf(' ', whole.Length / 2) + 1)].TrimEnd();
        var body = OnnxRuntimeFixture.Merge("""{"temperature":0,"max_tokens":60,"continue_final_message":true,"messages":[{"role":"user","content":"Hello, who are you?"}]}""", "");
        body["messages"]!.AsArray().Add(new JsonObject { ["role"] = "assistant", ["content"] = cut });
        var exchange = await onnx.PostAsync("/v1/chat/completions", body);
        Assert.Equal(whole, cut + Content(exchange));
        var details = exchange.Json.GetProperty("usage").GetProperty("prompt_tokens_details");
        Assert.True(details.GetProperty("continued_tokens").GetInt32() > 0);
    }

    [Fact]
    public async Task The_second_turn_of_a_conversation_reuses_the_first()
    {
        var first = Content(await onnx.ChatAsync("\"max_tokens\": 60", "What is your name, please?"));
        var body = new JsonObject
        {
            ["temperature"] = 0,
            ["max_tokens"] = 5,
            ["messages"] = new JsonArray(
                new JsonObject { ["role"] = "user", ["content"] = "What is your name, please?" },
                new JsonObject { ["role"] = "assistant", ["content"] = first },
                new JsonObject { ["role"] = "user", ["content"] = "Thanks" }),
        };
        var usage = (await onnx.PostAsync("/v1/chat/completions", body)).Json.GetProperty("usage");
        Assert.True(usage.GetProperty("prompt_tokens_details").GetProperty("cached_tokens").GetInt32() > 0);
    }

    [Fact]
    public async Task Text_parts_and_a_bias_are_taken()
    {
        var body = OnnxRuntimeFixture.Merge("""{"temperature":0,"max_tokens":3,"messages":[{"role":"developer","content":"Be kind."},{"role":"user","content":[{"type":"text","text":"Hello"},{"type":"text","text":"there"}]}]}""", "\"logit_bias\": {\"660\": 100}");
        Assert.StartsWith("Hello", Content(await onnx.PostAsync("/v1/chat/completions", body)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cancelling_ends_the_sequence_and_the_call()
    {
        using var cancel = new CancellationTokenSource();
        var exchange = new RecordedExchange("/v1/chat/completions", OnnxRuntimeFixture.Merge("""{"stream":true,"ignore_eos":true,"messages":[{"role":"user","content":"Tell me a story"}]}""", ""), OnnxRuntimeFixture.Chat);
        var running = onnx.Runtime.ExecuteAsync(exchange, cancel.Token).AsTask();
        await exchange.FirstWrite.WaitAsync(TimeSpan.FromSeconds(30));
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.False(exchange.Completed);
    }

    internal static string Content(RecordedExchange exchange) => exchange.Json.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!;

    private static string Deltas(IEnumerable<JsonElement> events) => string.Concat(events.Where(one => one.GetProperty("choices").GetArrayLength() > 0)
        .Select(one => one.GetProperty("choices")[0].GetProperty("delta")).Select(delta => delta.TryGetProperty("content", out var content) ? content.GetString() : ""));
}
