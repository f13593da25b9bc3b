using System.Text.Json;
using Resultity.Onnx.Templates;

namespace Resultity.Node.Runtimes.Onnx.Generating;

/// <summary>
/// Takes tool calls out of an answer's text as it comes: names as soon as they are complete, arguments as they are written.
/// </summary>
/// <remarks>What looks like a call and turns out to be none is given as text, as the model wrote it.</remarks>
internal sealed class ToolCallParser
{
    private enum Place
    {
        Text,
        Header,
        Whole,
        Arguments,
        Rest,
        After,
    }

    private readonly ToolCallFormat _format;
    private Place _place;
    private string _buffer = "";
    private JsonScanner _scanner = new(0);
    // Blanks between text and a call, or between calls, belong to neither.
    private bool _skipBlanks;

    public ToolCallParser(ToolCallFormat format)
    {
        _format = format;
        _skipBlanks = format.Open.Length == 0;
    }

    /// <summary>Calls begun.</summary>
    public int Calls { get; private set; }

    /// <summary>Calls that came to their end.</summary>
    public int CallsEnded { get; private set; }

    public void Append(string text, List<AnswerPart> output)
    {
        _buffer += text;
        while (_buffer.Length > 0 && Step(output)) { }
    }

    /// <summary>Gives out what was held back, at the end of the answer.</summary>
    public void Flush(List<AnswerPart> output)
    {
        if (_place is Place.Header or Place.Whole && !TryWhole(_buffer, output)) Add(output, AnswerPartKind.Text, _format.Open + _buffer);
        else if (_place == Place.Text) Add(output, AnswerPartKind.Text, Calls > 0 ? _buffer.TrimEnd() : _buffer);
        _buffer = "";
    }

    /// <summary>One step; false if more text is needed.</summary>
    private bool Step(List<AnswerPart> output) => _place switch
    {
        Place.Text => _format.Open.Length > 0 ? StepText(output) : StepBare(output),
        Place.Header => StepHeader(output),
        Place.Whole => StepWhole(output),
        Place.Arguments => StepArguments(output),
        Place.Rest => StepRest(),
        _ => StepAfter(),
    };

    private bool StepText(List<AnswerPart> output)
    {
        if (_skipBlanks)
        {
            _buffer = _buffer.TrimStart();
            if (_buffer.Length == 0) return false;
        }
        var at = _buffer.IndexOf(_format.Open, StringComparison.Ordinal);
        if (at >= 0)
        {
            Add(output, AnswerPartKind.Text, _buffer[..at].TrimEnd());
            _buffer = _buffer[(at + _format.Open.Length)..];
            _place = Place.Header;
            return true;
        }
        var keep = 0;
        for (var length = Math.Min(_format.Open.Length - 1, _buffer.Length); length > 0 && keep == 0; length--)
            if (_format.Open.StartsWith(_buffer.AsSpan(_buffer.Length - length), StringComparison.Ordinal)) keep = length;
        while (keep < _buffer.Length && char.IsWhiteSpace(_buffer[^(keep + 1)])) keep++;
        if (keep < _buffer.Length) _skipBlanks = false;
        Add(output, AnswerPartKind.Text, _buffer[..^keep]);
        _buffer = _buffer[^keep..];
        return false;
    }

    /// <summary>Without a mark, only an answer that is an object from its first character is a call.</summary>
    private bool StepBare(List<AnswerPart> output)
    {
        if (_skipBlanks && _buffer.TrimStart() is var trimmed)
        {
            if (trimmed.Length == 0) return false;
            _skipBlanks = false;
            if (trimmed[0] == '{')
            {
                _buffer = trimmed;
                _place = Place.Header;
                return true;
            }
        }
        Add(output, AnswerPartKind.Text, _buffer);
        _buffer = "";
        return false;
    }

    private bool StepHeader(List<AnswerPart> output)
    {
        var start = 0;
        while (start < _buffer.Length && (char.IsWhiteSpace(_buffer[start]) || (_format.IsList && _buffer[start] is '[' or ','))) start++;
        switch (CallHeader.Read(_buffer[start..], out var name, out var arguments))
        {
            case CallHeader.Result.Incomplete:
                return false;
            case CallHeader.Result.Other:
                _place = Place.Whole;
                return true;
            default:
                Add(output, AnswerPartKind.CallStart, name);
                Calls++;
                _buffer = _buffer[(start + arguments)..];
                _scanner = new JsonScanner(0);
                _place = Place.Arguments;
                return true;
        }
    }

    private bool StepWhole(List<AnswerPart> output)
    {
        var end = _format.Close.Length > 0 ? _buffer.IndexOf(_format.Close, StringComparison.Ordinal) : -1;
        if (end < 0) return false;
        if (!TryWhole(_buffer[..end], output)) Add(output, AnswerPartKind.Text, _format.Open + _buffer[..(end + _format.Close.Length)]);
        _buffer = _buffer[(end + _format.Close.Length)..];
        (_place, _skipBlanks) = (Place.Text, true);
        return true;
    }

    private bool StepArguments(List<AnswerPart> output)
    {
        var (length, ended) = _scanner.Take(_buffer);
        Add(output, AnswerPartKind.CallArguments, _buffer[..length]);
        _buffer = _buffer[length..];
        if (!ended) return false;
        // The call's own object is still open, and may have more members.
        _scanner = new JsonScanner(1);
        _place = Place.Rest;
        return true;
    }

    private bool StepRest()
    {
        var (length, ended) = _scanner.Take(_buffer);
        _buffer = _buffer[length..];
        if (!ended) return false;
        CallsEnded++;
        _place = Place.After;
        return true;
    }

    private bool StepAfter()
    {
        _buffer = _buffer.TrimStart();
        if (_buffer.Length == 0) return false;
        if (_format.IsList)
        {
            _place = _buffer[0] == ',' ? Place.Header : Place.Text;
            if (_buffer[0] is ',' or ']') _buffer = _buffer[1..];
        }
        else
        {
            if (_buffer.Length < _format.Close.Length && _format.Close.StartsWith(_buffer, StringComparison.Ordinal)) return false;
            if (_buffer.StartsWith(_format.Close, StringComparison.Ordinal)) _buffer = _buffer[_format.Close.Length..];
            _place = Place.Text;
        }
        _skipBlanks = true;
        return true;
    }

    /// <summary>A call in another order or with its arguments as a text.</summary>
    private bool TryWhole(string text, List<AnswerPart> output)
    {
        try
        {
            using var document = JsonDocument.Parse(text.Trim().TrimStart('[').TrimEnd(']'));
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("name", out var name) || name.ValueKind != JsonValueKind.String) return false;
            if (!root.TryGetProperty("arguments", out var arguments) && !root.TryGetProperty("parameters", out arguments)) return false;
            Add(output, AnswerPartKind.CallStart, name.GetString()!);
            Add(output, AnswerPartKind.CallArguments, arguments.ValueKind == JsonValueKind.String ? arguments.GetString()! : arguments.GetRawText());
            Calls++;
            CallsEnded++;
            return true;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static void Add(List<AnswerPart> output, AnswerPartKind kind, string text)
    {
        if (text.Length > 0) output.Add(new AnswerPart(kind, text));
    }
}
