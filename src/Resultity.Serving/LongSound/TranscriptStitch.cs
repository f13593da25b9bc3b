using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Resultity.Serving.Multimodel.Answers;

namespace Resultity.Serving.LongSound;

/// <summary>Puts the transcripts of a sound's shares one behind the other.</summary>
internal static class TranscriptStitch
{
    private const string WebVtt = "WEBVTT\n\n";

    /// <summary>Makes one answer of the shares' answers.</summary>
    /// <param name="shares">In order: objects whose <c>text</c> is what the format has, untrimmed, and whose times are those of the whole sound.</param>
    /// <param name="format">json, verbose_json, text, srt or vtt.</param>
    /// <returns>The answer and its content type; <see langword="null"/> where a share is none.</returns>
    public static (byte[] Body, string ContentType)? Stitch(IReadOnlyList<ReadOnlyMemory<byte>> shares, string format)
    {
        var roots = new List<JsonObject>();
        var texts = new List<string>();
        foreach (var share in shares)
        {
            if (Parse(share) is not { } root || root["text"] is not JsonValue value || !value.TryGetValue<string>(out var text))
            {
                return null;
            }

            roots.Add(root);
            texts.Add(text);
        }

        return format switch
        {
            "text" => (Encoding.UTF8.GetBytes(string.Concat(texts).Trim() + "\n"), "text/plain; charset=utf-8"),
            "srt" => (Encoding.UTF8.GetBytes(Numbered(texts)), "text/plain; charset=utf-8"),
            "vtt" => (Encoding.UTF8.GetBytes(WebVtt + string.Concat(texts.Select(static text => text.StartsWith(WebVtt, StringComparison.Ordinal) ? text[WebVtt.Length..] : text))), "text/vtt; charset=utf-8"),
            _ => (WholeAnswer.ToBytes(Joined(roots, string.Concat(texts).Trim())), "application/json"),
        };
    }

    private static JsonObject? Parse(ReadOnlyMemory<byte> share)
    {
        try
        {
            return JsonNode.Parse(share.Span) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static JsonObject Joined(List<JsonObject> roots, string text)
    {
        var whole = roots[0];
        whole["text"] = text;
        foreach (var list in (string[])["segments", "words"])
        {
            if (whole[list] is not JsonArray all)
            {
                continue;
            }

            foreach (var item in roots.Skip(1).SelectMany(root => root[list] as JsonArray ?? []).ToList())
            {
                all.Add(item?.DeepClone());
            }
        }

        for (var i = 0; whole["segments"] is JsonArray segments && i < segments.Count; i++)
        {
            segments[i]!["id"] = i;
        }

        return whole;
    }

    /// <summary>Subtitles are numbered through.</summary>
    private static string Numbered(List<string> texts)
    {
        var whole = new StringBuilder();
        var number = 0;
        foreach (var entry in texts.SelectMany(static text => text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)))
        {
            whole.Append(CultureInfo.InvariantCulture, $"{++number}").Append(entry.AsSpan(entry.IndexOf('\n'))).Append("\n\n");
        }

        return whole.ToString();
    }
}
