using System.Diagnostics.CodeAnalysis;

namespace Resultity.Serving.Jobs;

/// <summary>The events of a job's streamed answer while it is computed: one writer, any number of readers, who follow or begin anywhere.</summary>
/// <remarks>
/// In memory until the end, when the whole of it becomes the job's answer. A crash loses it, but then the job runs again from its beginning.
/// An event is a server-sent event's frame without an identifier, as <see cref="Append(ReadOnlySpan{byte})"/> makes it.
/// </remarks>
public sealed class JobOutput
{
    /// <summary>Content type of an answer that consists of events.</summary>
    public const string ContentType = "text/event-stream";

    private readonly Lock _gate = new();
    private readonly List<byte[]> _frames = [];
    private readonly int _limit;
    private TaskCompletionSource? _more;
    private long _bytes;
    private bool _ended;

    internal JobOutput(int limit) => _limit = limit;

    /// <summary>How many events there are.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _frames.Count;
            }
        }
    }

    /// <summary>Adds an event without a name.</summary>
    /// <param name="data">One line of text, such as a JSON object or <c>[DONE]</c>.</param>
    /// <returns><see langword="false"/> if the output is as large as it may be; the event was not added.</returns>
    public bool Append(ReadOnlySpan<byte> data) => Add([.. "data: "u8, .. data, .. "\n\n"u8]);

    /// <summary>Adds an event with a name.</summary>
    /// <inheritdoc cref="Append(ReadOnlySpan{byte})"/>
    public bool Append(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data) => Add([.. "event: "u8, .. name, .. "\ndata: "u8, .. data, .. "\n\n"u8]);

    /// <summary>Reads one event.</summary>
    /// <param name="index">Which, from 0.</param>
    /// <param name="frame">The event's frame.</param>
    public bool TryRead(int index, [NotNullWhen(true)] out byte[]? frame)
    {
        lock (_gate)
        {
            frame = index < _frames.Count ? _frames[index] : null;
            return frame is not null;
        }
    }

    /// <summary>Waits until there is an event of this index, or the run has ended.</summary>
    public Task WaitAsync(int index)
    {
        lock (_gate)
        {
            return _ended || index < _frames.Count
                ? Task.CompletedTask
                : (_more ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>All events, one behind the other: the body of the answer.</summary>
    public ReadOnlyMemory<byte> ToBody()
    {
        lock (_gate)
        {
            var body = new byte[_bytes];
            var at = 0;
            foreach (var frame in _frames)
            {
                frame.CopyTo(body, at);
                at += frame.Length;
            }

            return body;
        }
    }

    /// <summary>Takes a body apart into its events' frames.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Frames(ReadOnlyMemory<byte> body)
    {
        while (body.Span.IndexOf("\n\n"u8) is >= 0 and var end)
        {
            yield return body[..(end + 2)];
            body = body[(end + 2)..];
        }
    }

    internal void End()
    {
        lock (_gate)
        {
            _ended = true;
            _more?.SetResult();
            _more = null;
        }
    }

    private bool Add(byte[] frame)
    {
        lock (_gate)
        {
            if (_bytes + frame.Length > _limit)
            {
                return false;
            }

            _frames.Add(frame);
            _bytes += frame.Length;
            _more?.SetResult();
            _more = null;
            return true;
        }
    }
}
