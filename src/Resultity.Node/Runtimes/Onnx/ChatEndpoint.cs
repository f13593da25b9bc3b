using Resultity.Contracts.Values;
using Resultity.Node.Runtimes.Onnx.Answers;
using Resultity.Node.Runtimes.Onnx.Generating;
using Resultity.Node.Runtimes.Onnx.Requests;
using Resultity.Onnx.Grammars;
using Resultity.Onnx.Text;

namespace Resultity.Node.Runtimes.Onnx;

/// <summary>Serves <c>/v1/chat/completions</c>: request → prompt → sequences → answer.</summary>
internal sealed class ChatEndpoint(TimeProvider time)
{
    public async ValueTask ServeAsync(RuntimeExchange exchange, LoadedTextModel model, CancellationToken cancellation)
    {
        using var body = RequestBody.Parse(exchange.Body);
        var request = ChatRequest.Read(body.RootElement, exchange.Model, model.Vocabulary);
        var (prompt, continued) = ChatPromptBuilder.Build(request, model, exchange.Model);
        var runs = Start(request, model, prompt);
        try
        {
            if (request.Settings.Stream) await StreamAsync(exchange, request, model, runs, prompt.Length, continued, cancellation);
            else await AnswerAsync(exchange, request, model, runs, prompt.Length, continued, cancellation);
        }
        finally
        {
            foreach (var run in runs) run.Dispose();
        }
    }

    private static List<ChoiceRun> Start(ChatRequest request, LoadedTextModel model, int[] prompt)
    {
        var settings = request.Settings;
        var tools = request.Tools.Mode != ToolMode.None;
        var grammar = model.Grammars.For(request);
        var runs = new List<ChoiceRun>(settings.Count);
        try
        {
            for (var index = 0; index < settings.Count; index++)
            {
                var generation = model.Engine.Start(new GenerationRequest
                {
                    Prompt = prompt,
                    Sampling = settings.SamplingOf(index),
                    MaxTokens = request.MaxTokens ?? int.MaxValue,
                    Logprobs = request.Logprobs,
                    TopLogprobs = request.TopLogprobs,
                    EndTokens = settings.IgnoreEnd ? [] : null,
                    Constraint = grammar is null ? null : Constrain(request, model, grammar),
                });
                runs.Add(new ChoiceRun(model, generation, settings.Stops, tools ? new ToolCallParser(model.Calls) : null,
                    oneCall: !request.Tools.Parallel, request.Logprobs, atStart: request.Continued is null));
            }
        }
        catch
        {
            foreach (var run in runs) run.Dispose();
            throw;
        }
        return runs;
    }

    private static ITokenConstraint Constrain(ChatRequest request, LoadedTextModel model, Grammar grammar) => request.Continued is null
        ? model.Constraints.Create(grammar)
        : model.Constraints.Create(grammar, request.Continued) ?? throw new InvalidRequestException("The message to be continued does not follow the format that is asked for.", "messages");

    private async ValueTask AnswerAsync(RuntimeExchange exchange, ChatRequest request, LoadedTextModel model, List<ChoiceRun> runs, int promptTokens, int continued, CancellationToken cancellation)
    {
        var choices = await Task.WhenAll(runs.Select(run => ChatChoice.CollectAsync(run, request.Logprobs, cancellation)));
        using var buffer = new AnswerBuffer();
        var json = buffer.Json;
        json.WriteStartObject();
        Header(exchange, model, "chat.completion").Write(json);
        json.WriteStartArray("choices"u8);
        for (var index = 0; index < choices.Length; index++) choices[index].Write(json, index, time);
        json.WriteEndArray();
        Counts(runs, promptTokens, continued).Write(json);
        json.WriteEndObject();
        await exchange.RespondAsync(200, "application/json", buffer.Written, cancellation);
    }

    private async ValueTask StreamAsync(RuntimeExchange exchange, ChatRequest request, LoadedTextModel model, List<ChoiceRun> runs, int promptTokens, int continued, CancellationToken cancellation)
    {
        var header = Header(exchange, model, "chat.completion.chunk");
        using var sender = new EventSender(exchange);
        await Choices.RunAsync(runs, (run, index, stop) => StreamChoiceAsync(run, new ChatChunks(header, index, request.Logprobs, request.Settings.StreamUsage, time), sender, stop), cancellation);
        using var buffer = new AnswerBuffer();
        if (request.Settings.StreamUsage) ChatChunks.WriteUsage(buffer, header, Counts(runs, promptTokens, continued));
        buffer.Done();
        await sender.SendAsync(buffer, cancellation);
        await exchange.CompleteAsync(cancellation);
    }

    private static async Task StreamChoiceAsync(ChoiceRun run, ChatChunks chunks, EventSender sender, CancellationToken cancellation)
    {
        using var buffer = new AnswerBuffer();
        var parts = new List<AnswerPart>();
        bool more;
        do
        {
            parts.Clear();
            more = await run.NextAsync(parts, cancellation);
            foreach (var part in parts) chunks.Write(buffer, part, run.Logprobs);
            if (!more) chunks.End(buffer, run.FinishReason!, run.Logprobs);
            await sender.SendAsync(buffer, cancellation);
        }
        while (more);
    }

    private AnswerHeader Header(RuntimeExchange exchange, LoadedTextModel model, string kind) =>
        new(Id.New("chatcmpl-", time), kind, time.GetUtcNow().ToUnixTimeSeconds(), exchange.Model, model.Fingerprint);

    private static TokenCounts Counts(List<ChoiceRun> runs, int promptTokens, int continued) =>
        new(promptTokens, runs.Sum(static run => (long)run.Tokens), Math.Min(promptTokens, runs.Max(static run => run.CachedTokens)), continued);
}
