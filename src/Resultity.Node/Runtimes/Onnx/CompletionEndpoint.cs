using System.Text;
using Resultity.Contracts.Values;
using Resultity.Node.Runtimes.Onnx.Answers;
using Resultity.Node.Runtimes.Onnx.Generating;
using Resultity.Node.Runtimes.Onnx.Requests;
using Resultity.Onnx.Text;

namespace Resultity.Node.Runtimes.Onnx;

/// <summary>Serves <c>/v1/completions</c>: prompts → sequences → answer.</summary>
internal sealed class CompletionEndpoint(TimeProvider time)
{
    private sealed record Prompt(int[] Tokens, string Echo);

    private sealed record Finished(string Text, string Reason, IReadOnlyList<LogprobEntry>? Logprobs, double Likelihood);

    public async ValueTask ServeAsync(RuntimeExchange exchange, LoadedTextModel model, CancellationToken cancellation)
    {
        using var body = RequestBody.Parse(exchange.Body);
        var request = CompletionRequest.Read(body.RootElement, model.Vocabulary);
        var prompts = request.Prompts.Select((input, at) => Encode(input, at, request, model)).ToList();
        var header = new AnswerHeader(Id.New("cmpl-", time), "text_completion", time.GetUtcNow().ToUnixTimeSeconds(), exchange.Model, model.Fingerprint);
        var runs = new List<ChoiceRun>();
        try
        {
            if (request.MaxTokens > 0)
                foreach (var prompt in prompts)
                    for (var index = 0; index < request.BestOf; index++) runs.Add(Start(request, model, prompt, index));
            if (request.Settings.Stream) await StreamAsync(exchange, request, header, prompts, runs, cancellation);
            else await AnswerAsync(exchange, request, header, prompts, runs, cancellation);
        }
        finally
        {
            foreach (var run in runs) run.Dispose();
        }
    }

    private static Prompt Encode(TextInput input, int at, CompletionRequest request, LoadedTextModel model)
    {
        // The whole prompt is its sender's, who may as well send tokens: special ones are read as such.
        var tokens = input.Tokens ?? model.Tokenizer.Encode(input.Text!, addSpecialTokens: true, parseSpecialTokens: true);
        if (tokens.Length == 0) tokens = [model.Config.BeginToken ?? throw new InvalidRequestException("The prompt is empty, and this model has no token that begins a text.", "prompt")];
        ChatPromptBuilder.CheckLength(tokens.Length, model.Config.ContextLength, request.Prompts.Count > 1 ? $"prompt[{at}]" : "prompt");
        return new Prompt(tokens, request.Echo ? input.Text ?? model.Tokenizer.Decode(tokens, skipSpecial: true) : "");
    }

    private static ChoiceRun Start(CompletionRequest request, LoadedTextModel model, Prompt prompt, int index)
    {
        var generation = model.Engine.Start(new GenerationRequest
        {
            Prompt = prompt.Tokens,
            Sampling = request.Settings.SamplingOf(index),
            MaxTokens = request.MaxTokens,
            Logprobs = request.Logprobs is not null || request.BestOf > request.Settings.Count,
            TopLogprobs = request.Logprobs ?? 0,
            EndTokens = request.Settings.IgnoreEnd ? [] : null,
        });
        return new ChoiceRun(model, generation, request.Settings.Stops, null, false, request.Logprobs is not null || request.BestOf > request.Settings.Count, atStart: false);
    }

    private static async ValueTask AnswerAsync(RuntimeExchange exchange, CompletionRequest request, AnswerHeader header, List<Prompt> prompts, List<ChoiceRun> runs, CancellationToken cancellation)
    {
        var finished = await Task.WhenAll(runs.Select(run => CollectAsync(run, request.Logprobs is not null, cancellation)));
        using var buffer = new AnswerBuffer();
        var json = buffer.Json;
        json.WriteStartObject();
        header.Write(json);
        json.WriteStartArray("choices"u8);
        var choice = 0;
        for (var at = 0; at < prompts.Count; at++)
        {
            IEnumerable<Finished> made = runs.Count == 0
                ? Enumerable.Repeat(new Finished("", "length", null, 0), request.Settings.Count)
                : finished.Skip(at * request.BestOf).Take(request.BestOf);
            if (request.BestOf > request.Settings.Count) made = made.OrderByDescending(static one => one.Likelihood).Take(request.Settings.Count);
            foreach (var one in made)
            {
                json.WriteStartObject();
                json.WriteString("text"u8, prompts[at].Echo + one.Text);
                json.WriteNumber("index"u8, choice++);
                var offset = 0;
                CompletionLogprobs.Write(json, one.Logprobs, ref offset);
                json.WriteString("finish_reason"u8, one.Reason);
                json.WriteEndObject();
            }
        }
        json.WriteEndArray();
        Counts(prompts, runs).Write(json);
        json.WriteEndObject();
        await exchange.RespondAsync(200, "application/json", buffer.Written, cancellation);
    }

    private static async ValueTask StreamAsync(RuntimeExchange exchange, CompletionRequest request, AnswerHeader header, List<Prompt> prompts, List<ChoiceRun> runs, CancellationToken cancellation)
    {
        using var sender = new EventSender(exchange);
        using var buffer = new AnswerBuffer();
        CompletionChunks Chunks(int index) => new(header, index, request.Logprobs is not null, request.Settings.StreamUsage);
        if (runs.Count == 0)
        {
            for (var index = 0; index < prompts.Count * request.Settings.Count; index++) Chunks(index).Write(buffer, prompts[index / request.Settings.Count].Echo, null, "length");
        }
        else
        {
            await Choices.RunAsync(runs, (run, index, stop) => StreamChoiceAsync(run, prompts[index / request.BestOf].Echo, Chunks(index), sender, stop), cancellation);
        }
        if (request.Settings.StreamUsage) ChatChunks.WriteUsage(buffer, header, Counts(prompts, runs));
        buffer.Done();
        await sender.SendAsync(buffer, cancellation);
        await exchange.CompleteAsync(cancellation);
    }

    private static async Task StreamChoiceAsync(ChoiceRun run, string echo, CompletionChunks chunks, EventSender sender, CancellationToken cancellation)
    {
        using var buffer = new AnswerBuffer();
        if (echo.Length > 0) chunks.Write(buffer, echo, null, null);
        var parts = new List<AnswerPart>();
        bool more;
        do
        {
            parts.Clear();
            more = await run.NextAsync(parts, cancellation);
            foreach (var part in parts) chunks.Write(buffer, part.Text, run.Logprobs, null);
            if (!more) chunks.Write(buffer, "", run.Logprobs, run.FinishReason);
            await sender.SendAsync(buffer, cancellation);
        }
        while (more);
    }

    private static async Task<Finished> CollectAsync(ChoiceRun run, bool logprobs, CancellationToken cancellation)
    {
        var parts = new List<AnswerPart>();
        while (await run.NextAsync(parts, cancellation)) { }
        var text = new StringBuilder();
        foreach (var part in parts) text.Append(part.Text);
        return new Finished(text.ToString(), run.FinishReason!, logprobs ? run.Logprobs : null, run.Tokens == 0 ? double.NegativeInfinity : run.LogprobSum / run.Tokens);
    }

    private static TokenCounts Counts(List<Prompt> prompts, List<ChoiceRun> runs)
    {
        var each = runs.Count / Math.Max(1, prompts.Count);
        var cached = each == 0 ? 0 : runs.Chunk(each).Sum(static group => (long)group.Max(static run => run.CachedTokens));
        return new TokenCounts(prompts.Sum(static prompt => (long)prompt.Tokens.Length), runs.Sum(static run => (long)run.Tokens), cached, 0);
    }
}
