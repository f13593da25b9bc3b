using System.Text;

namespace Resultity.Onnx.Tokenizers;

/// <summary>Turns tokens into text as they come, giving out only whole characters. Not thread-safe.</summary>
/// <param name="tokenizer">Whose tokens they are.</param>
/// <param name="skipSpecial">Whether special tokens are left out.</param>
/// <param name="atStart">Whether the first token begins a text, so that the space which some tokenizers put there is dropped.</param>
/// <param name="shown">Special tokens that are shown all the same, such as the marks of tool calls.</param>
public sealed class TokenStream(Tokenizer tokenizer, bool skipSpecial = true, bool atStart = false, IReadOnlySet<int>? shown = null)
{
    // The unfinished character at the end: at most three bytes of UTF-8.
    private readonly byte[] _tail = new byte[3];
    private int _tailLength;
    private bool _dropSpace = atStart && tokenizer.DropsFirstSpace;

    /// <summary>The text that this token completes; empty while a character is still unfinished.</summary>
    public string Append(int id)
    {
        if (skipSpecial && tokenizer.IsSpecial(id) && shown?.Contains(id) != true) return "";
        var bytes = tokenizer.GetTokenBytes(id).Span;
        if (bytes.IsEmpty) return "";
        if (_dropSpace && bytes[0] == (byte)' ') bytes = bytes[1..];
        _dropSpace = false;
        if (_tailLength == 0) return Take(bytes);
        Span<byte> joined = bytes.Length <= 253 ? stackalloc byte[256] : new byte[bytes.Length + 3];
        _tail.AsSpan(0, _tailLength).CopyTo(joined);
        bytes.CopyTo(joined[_tailLength..]);
        return Take(joined[..(_tailLength + bytes.Length)]);
    }

    /// <summary>What is left at the end: U+FFFD for a character that was never finished, else nothing.</summary>
    public string Flush()
    {
        var rest = _tailLength == 0 ? "" : "\uFFFD";
        _tailLength = 0;
        return rest;
    }

    private string Take(ReadOnlySpan<byte> bytes)
    {
        var keep = UnfinishedTail(bytes);
        bytes[^keep..].CopyTo(_tail);
        _tailLength = keep;
        return Encoding.UTF8.GetString(bytes[..^keep]);
    }

    /// <summary>How many bytes at the end begin a character that later bytes may still complete.</summary>
    private static int UnfinishedTail(ReadOnlySpan<byte> bytes)
    {
        for (var length = 1; length <= 3 && length <= bytes.Length; length++)
        {
            if ((bytes[^length] & 0xC0) == 0x80) continue;
            return Rune.DecodeFromUtf8(bytes[^length..], out _, out _) == System.Buffers.OperationStatus.NeedMoreData ? length : 0;
        }
        return 0;
    }
}
