using System.Globalization;
using System.Text.Json;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Http.Shapes;

/// <summary>One forward pass over a body: the reader, what was captured so far, and the first mistake.</summary>
/// <remarks>
/// Nothing is allocated while the body is right. The path of a mistake is put together afterwards, on the way back through the shapes:
/// each adds its own part in front.
/// </remarks>
internal ref struct Scan(ReadOnlySpan<byte> body)
{
    /// <summary>Deeper bodies are refused: no client needs them, and what parses them further on may recurse.</summary>
    public const int MaxDepth = 64;

    private readonly ReadOnlySpan<byte> _body = body;
    private string _code = "";
    private string _before = "";
    private string _after = "";
    private string _path = "";

    public Utf8JsonReader Reader = new(body, new JsonReaderOptions { MaxDepth = MaxDepth });
    public Captures Captures;

    /// <summary>The last integer that was read; what a slot keeps of a number.</summary>
    public long Integer;

    /// <summary>Whether a mistake was found.</summary>
    public readonly bool HasFailed => _code.Length > 0;

    /// <summary>Moves to the next token. The reader throws on its own at malformed JSON.</summary>
    public void Next() => Reader.Read();

    /// <summary>Whether the token is this text, however it is written; the usual case without escapes is the quick one.</summary>
    public static bool TextEquals(ref Utf8JsonReader reader, ReadOnlySpan<byte> text) =>
        reader.ValueIsEscaped ? reader.ValueTextEquals(text) : reader.ValueSpan.SequenceEqual(text);

    /// <summary>Whether a captured value is this text, written without escapes.</summary>
    public readonly bool IsText(Slot slot, ReadOnlySpan<byte> text) =>
        Captures.Get(slot) is { Token: JsonTokenType.String } found && _body.Slice(found.Start + 1, found.Length - 2).SequenceEqual(text);

    /// <summary>Ends the scan with a mistake at this place; the sentence is <paramref name="before"/>, the path in quotes, <paramref name="after"/>.</summary>
    public bool Fail(string code, string before, string after)
    {
        (_code, _before, _after) = (code, before, after);
        return false;
    }

    /// <summary>The mistake lies in a field of this name.</summary>
    public bool Within(string field)
    {
        _path = _path.Length == 0 ? field : _path[0] == '[' ? field + _path : $"{field}.{_path}";
        return false;
    }

    /// <summary>The mistake lies in this element.</summary>
    public bool Within(int index)
    {
        var element = string.Create(CultureInfo.InvariantCulture, $"[{index}]");
        _path = _path.Length == 0 ? element : _path[0] == '[' ? element + _path : $"{element}.{_path}";
        return false;
    }

    /// <summary>Keeps the value that ends at the reader's place. The first of several in one slot stays.</summary>
    public void Capture(Slot slot, JsonTokenType token, int start)
    {
        if (Captures[(int)slot].Token is JsonTokenType.None)
        {
            Captures[(int)slot] = new Captured(token, start, (int)Reader.BytesConsumed - start, Integer);
        }
    }

    /// <summary>The mistake as a fault.</summary>
    public readonly Fault ToFault() => _path.Length == 0
        ? Fault.Invalid($"{_before}the request body{_after}", null, _code)
        : Fault.Invalid($"{_before}'{_path}'{_after}", _path, _code);

    /// <summary>How an actual value is named in a message: its kind, never its content.</summary>
    public readonly string Actual() => Reader.TokenType switch
    {
        JsonTokenType.Number => Reader.ValueSpan.ContainsAny((byte)'.', (byte)'e', (byte)'E') ? "a decimal number" : "an integer",
        var token => token.Kind().Name(),
    };
}
