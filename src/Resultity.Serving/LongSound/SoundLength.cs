using System.Buffers.Binary;
using System.Buffers.Text;
using Resultity.Contracts.Forms;
using Resultity.Serving.Multimodel.Members;
using Resultity.Serving.Pipeline;

namespace Resultity.Serving.LongSound;

/// <summary>Estimates how long the sound of a request is, from the bytes that it takes.</summary>
internal static class SoundLength
{
    /// <summary>Compressed sound takes about this many bytes a second, or less; then it is longer than estimated.</summary>
    private const double CompressedRate = 16_000;

    private const int WavHead = 32;

    /// <summary>Seconds; 0 where the request has no sound that is recognised.</summary>
    public static double Estimate(InferenceRequest request)
    {
        if (!MemberRequest.IsJson(request))
        {
            return FormReader.Read(request.Body.Span, request.ContentType).TryGet(out var parts, out _) && Array.Find(parts, static part => part.Name == "file") is { } file
                ? Estimate(file.In(request.Body).Span, file.Length)
                : 0;
        }

        var body = request.Body.Span;
        var at = body.IndexOf(";base64,"u8);
        if (at < 0)
        {
            return 0;
        }

        Span<byte> head = stackalloc byte[WavHead + 1];
        var coded = body.Slice(at + 8, Math.Min(44, body.Length - at - 8));
        Base64.DecodeFromUtf8(coded, head, out _, out var count);
        return Estimate(head[..count], (body.Length - at) * 3L / 4);
    }

    private static double Estimate(ReadOnlySpan<byte> head, long length)
    {
        // Of a WAVE file the head says how many bytes a second has.
        var rate = head.Length >= WavHead && head.StartsWith("RIFF"u8) && head[12..16].SequenceEqual("fmt "u8) ? BinaryPrimitives.ReadUInt32LittleEndian(head[28..]) : 0;
        return length / (rate > 0 ? rate : CompressedRate);
    }
}
