using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text.Unicode;
using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Http.Streaming;

/// <summary>The framing of server-sent events (WHATWG HTML, section 9.2).</summary>
internal static class SseFrame
{
    /// <summary>The comment that keeps a connection alive.</summary>
    public static ReadOnlySpan<byte> KeepAlive => ": keep-alive\n\n"u8;

    /// <summary>The mark of a whole answer.</summary>
    public static ReadOnlySpan<byte> Done => "data: [DONE]\n\n"u8;

    /// <summary>The comment at a seam between two nodes.</summary>
    public static ReadOnlySpan<byte> Seam => ": continued on another node\n\n"u8;

    /// <summary>Writes an event with its number and perhaps its name.</summary>
    public static void Write(IBufferWriter<byte> output, long sequence, ReadOnlySpan<byte> data, ReadOnlySpan<byte> name = default)
    {
        const int framing = 64;
        if (data.IndexOfAny((byte)'\n', (byte)'\r') >= 0)
        {
            WriteLines(output, sequence, data, name);
            return;
        }

        var span = output.GetSpan(data.Length + name.Length + framing);
        var at = Head(span, sequence, name);
        at += Copy("data: "u8, span[at..]);
        at += Copy(data, span[at..]);
        at += Copy("\n\n"u8, span[at..]);
        output.Advance(at);
    }

    /// <summary>The value of the <c>type</c> property that an event's data begins with; empty if it begins with another.</summary>
    public static ReadOnlySpan<byte> TypeOf(ReadOnlySpan<byte> data)
    {
        var start = "{\"type\":\""u8;
        var rest = data.StartsWith(start) ? data[start.Length..] : default;
        return rest[..Math.Max(0, rest.IndexOf((byte)'"'))];
    }

    /// <summary>Writes <c>: queued position=3 eta_p50=1.5 eta_p90=2.75</c>; times in seconds, left out while unknown.</summary>
    public static void WriteQueued(IBufferWriter<byte> output, QueueFacts facts)
    {
        Span<byte> comment = stackalloc byte[128];
        if (facts.Eta is { } eta)
        {
            Utf8.TryWrite(comment, CultureInfo.InvariantCulture, $": queued position={facts.Position} eta_p50={QueueJson.Seconds(eta.P50)} eta_p90={QueueJson.Seconds(eta.P90)}\n\n", out var length);
            output.Write(comment[..length]);
        }
        else
        {
            Utf8.TryWrite(comment, CultureInfo.InvariantCulture, $": queued position={facts.Position}\n\n", out var length);
            output.Write(comment[..length]);
        }
    }

    /// <summary>Writes <c>: loading state=loading progress=0.42 eta=12</c>; what is unknown is left out.</summary>
    public static void WriteLoading(IBufferWriter<byte> output, ModelLoading loading)
    {
        Span<byte> comment = stackalloc byte[128];
        var (progress, eta) = (loading.Progress, loading.EtaSeconds);
        Utf8.TryWrite(
            comment,
            CultureInfo.InvariantCulture,
            $": loading state={LoadingJson.Name(loading.State)}{(progress is null ? "" : " progress=")}{(progress is { } share ? LoadingJson.Share(share) : null)}{(eta is null ? "" : " eta=")}{(eta is { } left ? QueueJson.Seconds(TimeSpan.FromSeconds(left)) : null)}\n\n",
            out var length);
        output.Write(comment[..length]);
    }

    private static int Head(Span<byte> span, long sequence, ReadOnlySpan<byte> name)
    {
        var at = 0;
        if (!name.IsEmpty)
        {
            at += Copy("event: "u8, span);
            at += Copy(name, span[at..]);
            span[at++] = (byte)'\n';
        }

        at += Copy("id: "u8, span[at..]);
        Utf8Formatter.TryFormat(sequence, span[at..], out var digits);
        at += digits;
        span[at++] = (byte)'\n';
        return at;
    }

    /// <summary>A line break in the data would end the field, so each line becomes a field; readers put them together again.</summary>
    private static void WriteLines(IBufferWriter<byte> output, long sequence, ReadOnlySpan<byte> data, ReadOnlySpan<byte> name)
    {
        var head = output.GetSpan(name.Length + 64);
        output.Advance(Head(head, sequence, name));
        while (true)
        {
            var end = data.IndexOfAny((byte)'\n', (byte)'\r');
            output.Write("data: "u8);
            output.Write(end < 0 ? data : data[..end]);
            output.Write("\n"u8);
            if (end < 0)
            {
                break;
            }

            data = data[(end + (data[end..].StartsWith("\r\n"u8) ? 2 : 1))..];
        }

        output.Write("\n"u8);
    }

    private static int Copy(ReadOnlySpan<byte> from, Span<byte> to)
    {
        from.CopyTo(to);
        return from.Length;
    }
}
