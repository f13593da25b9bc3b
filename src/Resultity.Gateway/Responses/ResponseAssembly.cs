using System.Text.Json;
using Resultity.Contracts.Values;
using Resultity.Serving.Multimodel.Plans;

namespace Resultity.Gateway.Responses;

/// <summary>
/// Turns a chat answer, whole or in chunks, into a response, and into its events in the order that OpenAI publishes:
/// <code>
/// response.created, response.in_progress
///   output_item.added
///     content_part.added, (output_text | refusal | reasoning_text).delta …, .done, content_part.done
///     or function_call_arguments.delta …, .done
///   output_item.done
/// response.completed | response.incomplete | response.failed
/// </code>
/// </summary>
/// <remarks>
/// For one thread. A whole answer is one chunk that holds everything, so both ways give the same response. Where every one of several models
/// answers, each has items of its own, whose events come in turns.
/// </remarks>
internal sealed class ResponseAssembly(ResponseState state, ResponseEventBuffer? events, TimeProvider time)
{
    private readonly ResponseOutputEvents _events = new(events);
    private readonly SortedList<long, ResponseOutput> _outputs = [];

    /// <summary>The response as it stands.</summary>
    public ResponseState State => state;

    /// <summary>Announces a response that waits for its turn.</summary>
    public void Queue()
    {
        state.Status = "queued";
        EmitState("response.created");
        EmitState("response.queued");
    }

    /// <summary>Announces that the model works.</summary>
    public void Begin()
    {
        var announced = state.Status == "queued";
        state.Status = "in_progress";
        if (!announced)
        {
            EmitState("response.created");
        }

        EmitState("response.in_progress");
    }

    /// <summary>Takes a chat chunk, or a whole chat answer.</summary>
    /// <returns>Why it is not one; <see langword="null"/> if it is.</returns>
    public Fault? Add(ReadOnlyMemory<byte> chat)
    {
        try
        {
            using var document = JsonDocument.Parse(chat);
            return Add(document.RootElement);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string with half of a surrogate pair.
            return Garbage("is not JSON");
        }
    }

    /// <summary>The answer is whole: closes what is open and ends the response.</summary>
    /// <param name="metered">What the pipeline counted, for an answer that does not say its usage.</param>
    public void Complete(Usage metered)
    {
        if (state.Output.Count == 0 && _outputs.Values.All(static output => output.FinishReason is null))
        {
            Fail(Garbage("ended without a choice"));
            return;
        }

        if (_outputs.Values.Any(static output => output.HasNamelessCall))
        {
            Fail(Garbage("calls a function without a name"));
            return;
        }

        state.Usage ??= metered;
        state.IncompleteReason = _outputs.Values.Select(static output => CutBy(output.FinishReason)).FirstOrDefault(static reason => reason is not null);
        var whole = state.IncompleteReason is null;
        if (whole && state.Output.Count == 0)
        {
            // An empty answer is still an answer: clients look for a message.
            _outputs.Values[0].OpenMessage();
        }

        foreach (var output in _outputs.Values)
        {
            output.Close(whole: CutBy(output.FinishReason) is null);
        }

        state.Status = whole ? "completed" : "incomplete";
        state.CompletedAt = whole ? time.GetUtcNow().ToUnixTimeSeconds() : null;
    }

    /// <summary>The answer broke off: ends the response as failed. What was written until then stays in it, marked incomplete.</summary>
    public void Fail(Fault fault)
    {
        Abandon();
        state.Status = "failed";
        state.Fault = fault;
    }

    /// <summary>The caller cancelled: ends the response.</summary>
    public void Cancel()
    {
        Abandon();
        state.Status = "cancelled";
    }

    /// <summary>Ends the response whichever way its answer ended.</summary>
    /// <param name="fault">Why the answer broke off; <see langword="null"/> if it is whole.</param>
    /// <param name="metered">What the pipeline counted.</param>
    public void End(Fault? fault, Usage metered)
    {
        if (fault is null)
        {
            Complete(metered);
        }
        else if (fault.Kind == FaultKind.Cancelled)
        {
            Cancel();
        }
        else
        {
            Fail(fault);
        }
    }

    /// <summary>Tells how the response ended. A cancelled one ends without an event, for nobody reads it.</summary>
    public void Announce()
    {
        if (state.Status is "completed" or "incomplete" or "failed")
        {
            EmitState($"response.{state.Status}");
        }
    }

    /// <summary>Makes a response of a whole chat answer.</summary>
    /// <returns>Why there is none; <see langword="null"/> if there is.</returns>
    public static Fault? Assemble(ResponseState state, ReadOnlyMemory<byte> answer, Usage metered, TimeProvider time)
    {
        var assembly = new ResponseAssembly(state, events: null, time);
        assembly.End(assembly.Add(answer), metered);
        return state.Fault;
    }

    private Fault? Add(JsonElement chat)
    {
        if (chat.ValueKind != JsonValueKind.Object)
        {
            return Garbage("is not a JSON object");
        }

        if (chat.Member("error") is { } error)
        {
            return new Fault(FaultKind.BadNodeAnswer, error.Text("code") ?? "bad_node_answer", error.Text("message") ?? "The model server failed.");
        }

        if (chat.Text("model") is { Length: > 0 } model)
        {
            state.Model = model;
        }

        TakeUsage(chat.Member("usage"));
        state.Multimodel = chat.Member("multimodel")?.Clone() ?? state.Multimodel;
        state.FailedModels = chat.Member("failed_models")?.Clone() ?? state.FailedModels;
        foreach (var choice in chat.Member("choices").Elements())
        {
            if (FindOutput(choice) is { } output && TakeChoice(output, choice) is { } fault)
            {
                return fault;
            }
        }

        return null;
    }

    /// <summary>The output that a choice belongs to. Only members of several models have more than one; other choices have no place in a response.</summary>
    private ResponseOutput? FindOutput(JsonElement choice)
    {
        var index = choice.Whole("index") ?? 0;
        if (_outputs.TryGetValue(index, out var output))
        {
            return output;
        }

        var model = choice.Text("model");
        if (index < 0 || (model is null && index > 0) || _outputs.Count == MultimodelSpec.MostModels)
        {
            return null;
        }

        output = new ResponseOutput(state, _events, model is null ? null : new OutputMember(model, choice.Whole("member") ?? index));
        _outputs.Add(index, output);
        return output;
    }

    private static Fault? TakeChoice(ResponseOutput output, JsonElement choice)
    {
        var message = choice.Member("message");
        if ((message ?? choice.Member("delta")) is { } delta)
        {
            output.AddReasoning(delta.Text("reasoning_content") ?? delta.Text("reasoning"));
            output.AddText(delta.Text("content"), choice.Member("logprobs")?.Member("content"));
            output.AddRefusal(delta.Text("refusal"));
            if (output.AddCalls(delta.Member("tool_calls"), isWhole: message is not null) is { } problem)
            {
                return Garbage(problem);
            }
        }

        if (choice.Member("error") is { } error && choice.Text("model") is not null)
        {
            output.Break(error.Clone());
            return null;
        }

        if (choice.Text("finish_reason") is { } reason)
        {
            if (reason == "error")
            {
                return Garbage("ended with an error");
            }

            output.FinishReason = reason;
        }

        return null;
    }

    private void Abandon()
    {
        foreach (var output in _outputs.Values)
        {
            output.Abandon();
        }
    }

    private static string? CutBy(string? finishReason) => finishReason switch
    {
        "length" => "max_output_tokens",
        "content_filter" => "content_filter",
        _ => null,
    };

    private void TakeUsage(JsonElement? usage)
    {
        if (usage is not { } counted || counted.Whole("prompt_tokens") is not { } input)
        {
            return;
        }

        state.Usage = new Usage(
            input,
            counted.Whole("completion_tokens") ?? 0,
            counted.Member("prompt_tokens_details")?.Whole("cached_tokens") ?? 0);
        state.ReasoningTokens = counted.Member("completion_tokens_details")?.Whole("reasoning_tokens") ?? 0;
    }

    private void EmitState(string type)
    {
        if (events is null)
        {
            return;
        }

        var writer = events.Begin(type);
        writer.WritePropertyName("response"u8);
        ResponseObjectWriter.Write(writer, state);
        events.End();
    }

    private static Fault Garbage(string what) =>
        new(FaultKind.BadNodeAnswer, "bad_node_answer", $"The model server's answer {what}.");
}
