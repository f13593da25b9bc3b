using System.Buffers.Text;

namespace Resultity.Load;

/// <summary>Counts the events of one stream as its bytes arrive, and checks numbered tokens. Comments are not events.</summary>
internal sealed class EventScanner
{
    private byte[] _partial = new byte[512];
    private int _partialLength;

    /// <summary>Events with data, without the last <c>[DONE]</c>.</summary>
    public int Events { get; private set; }

    /// <summary>Tokens that came in their order.</summary>
    public int Tokens { get; private set; }

    /// <summary>Whether a token came twice, or before its turn.</summary>
    public bool Disordered { get; private set; }

    /// <summary>Whether the stream said that it failed.</summary>
    public bool Failed { get; private set; }

    /// <summary>Whether <c>data: [DONE]</c> came, and nothing after it.</summary>
    public bool Done { get; private set; }

    public void Reset()
    {
        _partialLength = 0;
        Events = Tokens = 0;
        Disordered = Failed = Done = false;
    }

    /// <summary>Reads on.</summary>
    /// <param name="checkTokens">Looks into the events for the numbers of their tokens.</param>
    public void Read(ReadOnlySpan<byte> bytes, bool checkTokens)
    {
        while (true)
        {
            var end = bytes.IndexOf((byte)'\n');
            if (end < 0)
            {
                Keep(bytes);
                return;
            }

            if (_partialLength == 0)
            {
                ReadLine(bytes[..end], checkTokens);
            }
            else
            {
                Keep(bytes[..end]);
                ReadLine(_partial.AsSpan(0, _partialLength), checkTokens);
                _partialLength = 0;
            }

            bytes = bytes[(end + 1)..];
        }
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (_partialLength + bytes.Length > _partial.Length) Array.Resize(ref _partial, (_partialLength + bytes.Length) * 2);
        bytes.CopyTo(_partial.AsSpan(_partialLength));
        _partialLength += bytes.Length;
    }

    private void ReadLine(ReadOnlySpan<byte> line, bool checkTokens)
    {
        if (!line.StartsWith("data:"u8)) return;
        var value = line[5..].Trim(" \r"u8);
        if (value.SequenceEqual("[DONE]"u8))
        {
            Done = true;
            return;
        }

        Events++;
        if (Done) Disordered = true;
        if (value.StartsWith("{\"error\""u8)) Failed = true;
        if (checkTokens) CheckTokens(value);
    }

    private void CheckTokens(ReadOnlySpan<byte> value)
    {
        // One event may carry several tokens: a hop may join what waits.
        var text = value.IndexOf("\"content\":\""u8);
        if (text >= 0) text += 11;
        else if ((text = value.IndexOf("\"text\":\""u8)) >= 0) text += 8;
        else return;
        for (var rest = value[text..]; rest.StartsWith(" t"u8);)
        {
            if (!Utf8Parser.TryParse(rest[2..], out int number, out var digits)) return;
            if (number == Tokens) Tokens++;
            else Disordered = true;
            rest = rest[(2 + digits)..].TrimStart((byte)'x');
        }
    }
}
