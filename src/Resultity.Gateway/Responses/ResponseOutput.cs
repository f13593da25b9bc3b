using System.Text.Json;

namespace Resultity.Gateway.Responses;

/// <summary>Grows a response's output from the pieces of a chat answer, or of one member's of several, and says so in events.</summary>
internal sealed class ResponseOutput(ResponseState state, ResponseOutputEvents events, OutputMember? member)
{
    private readonly ToolCallPieces _calls = new();
    private readonly List<JsonElement> _pendingLogprobs = [];
    private PartedItem? _open;
    private bool _hasItems;

    /// <summary>Why the model stopped, once it has.</summary>
    public string? FinishReason { get; set; }

    /// <summary>Adds to the reasoning.</summary>
    public void AddReasoning(string? text)
    {
        if (!string.IsNullOrEmpty(text))
        {
            AddText(text, OutputPartKind.Reasoning, []);
        }
    }

    /// <summary>Adds to the answer's text. Probabilities of tokens that are no text yet (half a character) wait for the text.</summary>
    public void AddText(string? text, JsonElement? logprobs)
    {
        foreach (var token in logprobs.Elements())
        {
            _pendingLogprobs.Add(token.Clone());
        }

        if (!string.IsNullOrEmpty(text))
        {
            AddText(text, OutputPartKind.Text, _pendingLogprobs);
            _pendingLogprobs.Clear();
        }
    }

    /// <summary>Adds to the refusal.</summary>
    public void AddRefusal(string? text)
    {
        if (!string.IsNullOrEmpty(text))
        {
            AddText(text, OutputPartKind.Refusal, []);
        }
    }

    /// <summary>Adds to function calls.</summary>
    /// <param name="calls">The pieces, or whole calls.</param>
    /// <param name="isWhole">Whether these are whole calls, which need no index.</param>
    /// <returns>What is wrong with them; <see langword="null"/> if nothing is.</returns>
    public string? AddCalls(JsonElement? calls, bool isWhole)
    {
        var position = 0;
        foreach (var piece in calls.Elements())
        {
            var call = _calls.Find(piece, isWhole ? position++ : null);
            if (call.Item is null)
            {
                if (!call.TryTake(piece, out var name))
                {
                    continue;
                }

                Begin(call, name);
            }

            var arguments = call.ArgumentsOf(piece);
            if (arguments.Length == 0)
            {
                continue;
            }

            if (!call.Item!.IsClosed)
            {
                call.Item.Arguments.Append(arguments);
                events.ArgumentsDelta(call.Item, arguments);
            }
            else if (!string.IsNullOrWhiteSpace(arguments))
            {
                return "adds to the arguments of a function call that were whole";
            }
        }

        return null;
    }

    /// <summary>Whether a call was begun that cannot be told, for its name never came.</summary>
    public bool HasNamelessCall => _calls.HasNameless;

    /// <summary>Begins a message, in which an empty answer is told.</summary>
    public void OpenMessage() => OpenPart(isReasoning: false, OutputPartKind.Text);

    /// <summary>Closes what is open.</summary>
    /// <param name="whole">Whether the model came to its end by itself, rather than to a limit.</param>
    public void Close(bool whole)
    {
        if (_pendingLogprobs.Count > 0 && _open is { IsReasoning: false } message && message.Parts[^1].Kind == OutputPartKind.Text)
        {
            message.Parts[^1].Logprobs.AddRange(_pendingLogprobs);
        }

        CloseOpen(whole);
        CloseCalls(whole, all: true);
    }

    /// <summary>The member broke off while others go on: what it was writing is closed as it stands, and tells why.</summary>
    public void Break(JsonElement error)
    {
        if (!_hasItems)
        {
            OpenMessage();
        }

        _open?.Error = error;
        foreach (var call in _calls.Open)
        {
            call.Error = error;
        }

        CloseOpen(whole: false);
        CloseCalls(whole: false, all: true);
    }

    /// <summary>Marks what is open as incomplete, without events: the failure is told by the response's own event.</summary>
    public void Abandon()
    {
        _open = null;
        foreach (var item in state.Output)
        {
            item.Status = item.IsClosed ? item.Status : "incomplete";
        }
    }

    private void AddText(string text, OutputPartKind kind, List<JsonElement> logprobs)
    {
        var item = OpenPart(kind == OutputPartKind.Reasoning, kind);
        var part = item.Parts[^1];
        part.Text.Append(text);
        part.Logprobs.AddRange(logprobs);
        events.TextDelta(item, part, text, logprobs);
    }

    private PartedItem OpenPart(bool isReasoning, OutputPartKind kind)
    {
        if (_open is { } other && other.IsReasoning != isReasoning)
        {
            CloseOpen(whole: true);
        }

        if (_open is not { } item)
        {
            CloseCalls(whole: true, all: false);
            item = new PartedItem(NextId(isReasoning ? "rs_" : "msg_"), state.Output.Count, isReasoning) { Member = member };
            _open = item;
            Add(item);
        }

        if (item.Parts.Count > 0 && item.Parts[^1].Kind == kind)
        {
            return item;
        }

        if (item.Parts.Count > 0)
        {
            events.PartDone(item);
        }

        item.Parts.Add(new OutputPart(kind));
        events.PartAdded(item);
        return item;
    }

    private void Begin(ToolCallPieces.Call call, string name)
    {
        CloseOpen(whole: true);
        CloseCalls(whole: true, all: false);
        var id = NextId("fc_");
        call.Item = new FunctionCallItem(id, state.Output.Count, call.Id ?? string.Concat("call_", id.AsSpan(3)), name) { Member = member };
        Add(call.Item);
    }

    private void Add(OutputItem item)
    {
        _hasItems = true;
        state.Output.Add(item);
        events.ItemAdded(item);
    }

    private void CloseOpen(bool whole)
    {
        if (_open is not { } item)
        {
            return;
        }

        _open = null;
        item.Status = whole ? "completed" : "incomplete";
        events.PartDone(item);
        events.ItemDone(item);
    }

    // A call is closed when the next item begins, but only if its arguments are whole: a server may send several calls in turns.
    private void CloseCalls(bool whole, bool all)
    {
        foreach (var call in _calls.Open)
        {
            if (all || call.HasWholeArguments())
            {
                call.Status = whole || call.HasWholeArguments() ? "completed" : "incomplete";
                events.ArgumentsDone(call);
                events.ItemDone(call);
            }
        }
    }

    private string NextId(string prefix) => ResponseIds.Item(prefix, state.Id, state.InputItemCount + state.Output.Count);
}
