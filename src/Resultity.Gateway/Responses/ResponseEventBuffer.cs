using System.Buffers;
using System.Text.Json;

namespace Resultity.Gateway.Responses;

/// <summary>The events that were made and not yet sent, in one reused buffer.</summary>
internal sealed class ResponseEventBuffer : IDisposable
{
    private readonly ArrayBufferWriter<byte> _bytes = new(4096);
    private readonly List<(int Sequence, string Type, int Start, int End)> _events = [];
    private readonly Utf8JsonWriter _writer;
    private string? _open;
    private int _sequence;

    /// <summary>An empty buffer.</summary>
    /// <param name="first">The sequence number of its first event.</param>
    public ResponseEventBuffer(int first = 0)
    {
        _sequence = first;
        _writer = new Utf8JsonWriter(_bytes, ResponseJson.WriterOptions);
    }

    /// <summary>How many events wait to be sent.</summary>
    public int Count => _events.Count;

    /// <summary>An event that waits to be sent.</summary>
    public ResponseEvent this[int index]
    {
        get
        {
            var (sequence, type, start, end) = _events[index];
            return new ResponseEvent(sequence, type, _bytes.WrittenMemory[start..end]);
        }
    }

    /// <summary>Begins an event; the caller writes its members and calls <see cref="End"/>.</summary>
    public Utf8JsonWriter Begin(string type)
    {
        if (_open is not null)
        {
            throw new InvalidOperationException($"The event {_open} was not ended before {type}.");
        }

        _open = type;
        _events.Add((_sequence, type, _bytes.WrittenCount, -1));
        _writer.Reset(_bytes);
        _writer.WriteStartObject();
        _writer.WriteString("type"u8, type);
        _writer.WriteNumber("sequence_number"u8, _sequence++);
        return _writer;
    }

    /// <summary>Ends the event that was begun.</summary>
    public void End()
    {
        _writer.WriteEndObject();
        _writer.Flush();
        var begun = _events[^1];
        _events[^1] = begun with { End = _bytes.WrittenCount };
        _open = null;
    }

    /// <summary>Forgets the events that were sent; the numbering goes on.</summary>
    public void Clear()
    {
        _events.Clear();
        _bytes.ResetWrittenCount();
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();
}
