using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Resultity.Contracts.Forms;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http.Forms;
using Resultity.Gateway.Http.Shapes;
using Resultity.Serving.Multimodel;
using Resultity.Serving.Multimodel.Plans;

namespace Resultity.Gateway.Http.Bodies;

/// <summary>Checks a body against its shape and takes the envelope from it, in one pass and without a document in memory.</summary>
internal static class BodyScan
{
    /// <summary>Prompts that share their beginning up to here go to the same node's prefix cache.</summary>
    private const int PrefixBytes = 1536;

    // The value of speech's `stream_format`, which stands in the same slot.
    private static ReadOnlySpan<byte> StreamsEvents => "\"sse\""u8;

    /// <summary>Reads a body of whichever content type the endpoint takes.</summary>
    public static Outcome<Envelope> Read(ReadOnlySpan<byte> body, string contentType, BodyShape shape) =>
        shape.Form is not null && FormReader.IsForm(contentType) ? FormScan.Read(body, contentType, shape) : Read(body, shape);

    /// <summary>Reads a JSON body.</summary>
    public static Outcome<Envelope> Read(ReadOnlySpan<byte> body, BodyShape shape) => Read(body, shape, shape.Root);

    /// <summary>Reads a JSON body that looks like a part of the shape.</summary>
    public static Outcome<Envelope> Read(ReadOnlySpan<byte> body, BodyShape shape, ObjectShape root) =>
        Check(body, root, shape.Rule, out var captures) is { } fault ? fault : Take(in captures, body, shape);

    /// <summary>Checks a body that is no inference request.</summary>
    /// <returns>What is wrong; <see langword="null"/> if nothing is.</returns>
    public static Fault? Check(ReadOnlySpan<byte> body, ObjectShape root) => Check(body, root, static (ref _) => true, out _);

    private static Fault? Check(ReadOnlySpan<byte> body, ObjectShape root, BodyRule rule, out Captures captures)
    {
        captures = default;
        if (body.IsEmpty)
        {
            return Fault.Invalid("The request body is empty. Expected a JSON object.", code: "empty_body");
        }

        if (!Utf8.IsValid(body))
        {
            return Fault.Invalid("The request body is not valid UTF-8.", code: "invalid_utf8");
        }

        if (Surrogates.HasLone(body))
        {
            return Fault.Invalid("The request body has a \\u escape that is half of a surrogate pair. Write the character itself, or both halves.", code: "invalid_unicode");
        }

        var scan = new Scan(body);
        try
        {
            if (!Check(ref scan, root, rule))
            {
                return scan.ToFault();
            }

            captures = scan.Captures;
            return null;
        }
        catch (JsonException exception)
        {
            return Malformed(exception, IsTooDeep(scan.Reader, body));
        }
    }

    private static bool Check(ref Scan scan, ObjectShape root, BodyRule rule)
    {
        scan.Next();
        if (!root.Check(ref scan))
        {
            return false;
        }

        // Throws if anything but white space follows.
        scan.Next();
        return rule(ref scan);
    }

    /// <summary>The reader says in prose only why it stopped; what it stopped at tells depth from a mistake.</summary>
    private static bool IsTooDeep(Utf8JsonReader reader, ReadOnlySpan<byte> body) =>
        reader.CurrentDepth >= Scan.MaxDepth - 1 && body[(int)reader.BytesConsumed..].TrimStart(" \t\r\n:"u8) is [(byte)'[' or (byte)'{', ..];

    private static Fault Malformed(JsonException exception, bool tooDeep) => tooDeep
        ? Fault.Invalid($"The request body is nested too deeply. Expected at most {Scan.MaxDepth} levels.", code: "nesting_too_deep")
        : Fault.Invalid($"The request body is not valid JSON: it breaks off or has a mistake at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}.", code: "invalid_json");

    private static Outcome<Envelope> Take(in Captures captures, ReadOnlySpan<byte> body, BodyShape shape)
    {
        var model = captures.Get(Slot.Model);
        var name = model.HasValue ? Text(body.Slice(model.Start, model.Length)) : "";
        MultimodelSpec? several = null;
        if (captures.Get(Slot.Models).HasValue || captures.Get(Slot.Multimodel).HasValue)
        {
            if (!Several(in captures, body, name).TryGet(out several, out var fault)
                || (fault = MultimodelRules.Check(several, shape.Endpoint, captures.Get(Slot.N) is { HasValue: true } n ? n.Integer : 1, captures.Get(Slot.Models).HasValue ? "models" : "multimodel.models")) is not null)
            {
                return fault;
            }

            name = several.Label;
        }

        return new Envelope
        {
            Model = name,
            Multimodel = several,
            ModelRange = model.Range,
            Stream = captures.Get(Slot.Stream) is var stream && (stream.IsTrue || body.Slice(stream.Start, stream.Length).SequenceEqual(StreamsEvents)),
            StreamOptionsRange = captures.Get(Slot.StreamOptions).Range,
            IncludeUsage = captures.Get(Slot.IncludeUsage).IsTrue,
            MaxOutputTokens = MaxOutput(in captures),
            IsPlainText = shape.IsPlainText(in captures),
            PrefixHash = Prefix(in captures, body),
        };
    }

    private static Outcome<MultimodelSpec> Several(in Captures captures, ReadOnlySpan<byte> body, string model)
    {
        var (models, multimodel) = (captures.Get(Slot.Models), captures.Get(Slot.Multimodel));
        var list = body.Slice(models.Start, models.Length);
        var block = body.Slice(multimodel.Start, multimodel.Length);
        return !multimodel.HasValue ? SpecReader.ReadModels(list, model)
            : models.HasValue ? SpecReader.ReadBoth(block, list, model)
            : SpecReader.ReadMultimodel(block, model);
    }

    private static int? MaxOutput(in Captures captures)
    {
        var each = captures.Get(Slot.MaxCompletionTokens) is { HasValue: true } newer ? newer : captures.Get(Slot.MaxTokens);
        if (!each.HasValue)
        {
            return null;
        }

        var choices = Math.Max(One(captures.Get(Slot.N)), One(captures.Get(Slot.BestOf)));
        return (int)Math.Min(int.MaxValue, each.Integer * choices);

        static long One(Captured count) => count.HasValue ? count.Integer : 1;
    }

    /// <summary>
    /// Up to the end of the first message of the user (or the whole prompt), at most some bytes: what the turns of one conversation
    /// have in common, and what conversations with the same long instructions have.
    /// </summary>
    private static ulong Prefix(in Captures captures, ReadOnlySpan<byte> body)
    {
        var prompt = captures.Get(Slot.Prompt);
        if (!prompt.HasValue)
        {
            return 0;
        }

        var head = captures.Get(Slot.PromptHead);
        var length = (head.HasValue ? head.Start + head.Length : prompt.Start + prompt.Length) - prompt.Start;
        return System.IO.Hashing.XxHash3.HashToUInt64(body.Slice(prompt.Start, Math.Min(length, PrefixBytes))) | 1;
    }

    private static string Text(ReadOnlySpan<byte> quoted)
    {
        var raw = quoted[1..^1];
        if (!raw.Contains((byte)'\\'))
        {
            return Encoding.UTF8.GetString(raw);
        }

        var reader = new Utf8JsonReader(quoted);
        reader.Read();
        return reader.GetString()!;
    }
}
