using System.Globalization;
using System.Text;
using Resultity.Contracts.Values;

namespace Resultity.Contracts.Forms;

/// <summary>Takes a <c>multipart/form-data</c> body apart (RFC 7578), in one pass, without copying contents.</summary>
/// <remarks>What it keeps is bounded: at most <see cref="MostParts"/> parts with heads of at most <see cref="LongestHead"/> bytes.</remarks>
public static class FormReader
{
    /// <summary>The most parts that a body may have.</summary>
    public const int MostParts = 128;

    /// <summary>The longest head of a part, in bytes.</summary>
    public const int LongestHead = 8 * 1024;

    private const int LongestBoundary = 200;
    private const string Type = "multipart/form-data";

    /// <summary>Whether a content type is that of a form.</summary>
    public static bool IsForm(string? contentType) =>
        contentType is not null && contentType.StartsWith(Type, StringComparison.OrdinalIgnoreCase) && (contentType.Length == Type.Length || contentType[Type.Length] is ';' or ' ' or '\t');

    /// <summary>The boundary that a form's content type names; <see langword="null"/> if it names none that can be used.</summary>
    public static string? Boundary(string contentType)
    {
        ArgumentNullException.ThrowIfNull(contentType);
        return Parameter(contentType.AsSpan(contentType.IndexOf(';', StringComparison.Ordinal) + 1), "boundary") is { Length: > 0 and <= LongestBoundary } boundary ? boundary : null;
    }

    /// <summary>Reads the parts.</summary>
    /// <param name="body">The whole body.</param>
    /// <param name="contentType">Its content type, which names the boundary.</param>
    /// <returns>The parts in their order, or why the body is no form.</returns>
    public static Outcome<FormPart[]> Read(ReadOnlySpan<byte> body, string contentType)
    {
        ArgumentNullException.ThrowIfNull(contentType);
        if (Boundary(contentType) is not { } boundary)
        {
            return Broken("the header 'Content-Type' names no boundary. Let your HTTP library make the header, or send 'Content-Type: multipart/form-data; boundary=…'");
        }

        var delimiter = Encoding.UTF8.GetBytes("\r\n--" + boundary);
        var parts = new List<FormPart>();

        // The first delimiter has no line before it unless there is a preamble.
        var at = body.StartsWith(delimiter.AsSpan(2)) ? delimiter.Length - 2 : After(body, 0, delimiter);
        if (at < 0)
        {
            return Broken("the boundary that the header 'Content-Type' names does not occur in it");
        }

        while (true)
        {
            var rest = body[at..];
            if (rest.StartsWith("--"u8))
            {
                return parts.ToArray();
            }

            var line = rest.IndexOf("\r\n"u8);
            if (line < 0 || rest[..line].ContainsAnyExcept((byte)' ', (byte)'\t'))
            {
                return Broken(string.Create(CultureInfo.InvariantCulture, $"the line of the boundary at byte {at} goes on with something else"));
            }

            if (parts.Count == MostParts)
            {
                return Broken(string.Create(CultureInfo.InvariantCulture, $"it has more than {MostParts} parts"));
            }

            var head = at + line + 2;
            var headLength = body[head..Math.Min(body.Length, head + LongestHead)].IndexOf("\r\n\r\n"u8);
            if (headLength < 0)
            {
                return Broken(string.Create(CultureInfo.InvariantCulture, $"the head of part {parts.Count + 1} does not end within {LongestHead} bytes"));
            }

            var start = head + headLength + 4;
            var end = body[(start - 2)..].IndexOf(delimiter);
            end = end < 0 ? -1 : start - 2 + end;

            // A line of the content may begin with the boundary and go on.
            while (end >= 0 && !IsDelimiter(body[(end + delimiter.Length)..]))
            {
                var next = body[(end + 2)..].IndexOf(delimiter);
                end = next < 0 ? -1 : end + 2 + next;
            }

            if (end < 0)
            {
                return Broken(string.Create(CultureInfo.InvariantCulture, $"it breaks off in part {parts.Count + 1}: the boundary that closes it is missing"));
            }

            if (ReadHead(body.Slice(head, headLength), start, Math.Max(0, end - start)) is not { } part)
            {
                return Broken(string.Create(CultureInfo.InvariantCulture, $"part {parts.Count + 1} has no usable header 'Content-Disposition: form-data; name=\"…\"', or is encoded ('Content-Transfer-Encoding')"));
            }

            parts.Add(part);
            at = end + delimiter.Length;
        }
    }

    private static int After(ReadOnlySpan<byte> body, int from, ReadOnlySpan<byte> delimiter)
    {
        var found = body[from..].IndexOf(delimiter);
        return found < 0 ? -1 : from + found + delimiter.Length;
    }

    private static bool IsDelimiter(ReadOnlySpan<byte> rest)
    {
        var text = rest.TrimStart(" \t"u8);
        return rest.StartsWith("--"u8) || text.StartsWith("\r\n"u8);
    }

    private static FormPart? ReadHead(ReadOnlySpan<byte> head, int start, int length)
    {
        string? name = null, fileName = null, contentType = null;
        foreach (var range in head.Split("\r\n"u8))
        {
            var line = Encoding.UTF8.GetString(head[range]);
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0)
            {
                return null;
            }

            var value = line.AsSpan(colon + 1).Trim();
            switch (line.AsSpan(0, colon).Trim())
            {
                case var field when field.Equals("content-disposition", StringComparison.OrdinalIgnoreCase):
                    if (!value.StartsWith("form-data", StringComparison.OrdinalIgnoreCase))
                    {
                        return null;
                    }

                    name = Parameter(value["form-data".Length..], "name");
                    fileName = Parameter(value["form-data".Length..], "filename") ?? Parameter(value["form-data".Length..], "filename*");
                    break;
                case var field when field.Equals("content-type", StringComparison.OrdinalIgnoreCase):
                    contentType = value.ToString();
                    break;
                case var field when field.Equals("content-transfer-encoding", StringComparison.OrdinalIgnoreCase):
                    if (value is not ("7bit" or "8bit" or "binary"))
                    {
                        return null;
                    }

                    break;
                default:
                    break;
            }
        }

        return name is { Length: > 0 } ? new FormPart(name, fileName, contentType, start, length) : null;
    }

    /// <summary>A parameter's value, quoted or, as .NET sends it, bare.</summary>
    private static string? Parameter(ReadOnlySpan<char> text, string name)
    {
        while (!text.IsEmpty)
        {
            text = text.TrimStart("; \t");
            var equals = text.IndexOf('=');
            if (equals < 0)
            {
                return null;
            }

            var found = text[..equals].Trim().Equals(name, StringComparison.OrdinalIgnoreCase);
            text = text[(equals + 1)..].TrimStart();
            string value;
            if (text is ['"', ..])
            {
                var quoted = new StringBuilder();
                var at = 1;
                for (; at < text.Length && text[at] != '"'; at++)
                {
                    if (text[at] == '\\' && at + 1 < text.Length && text[at + 1] is '"' or '\\')
                    {
                        at++;
                    }

                    quoted.Append(text[at]);
                }

                value = quoted.ToString();
                text = text[Math.Min(text.Length, at + 1)..];
            }
            else
            {
                var end = text.IndexOf(';') is >= 0 and var semicolon ? semicolon : text.Length;
                value = text[..end].Trim().ToString();
                text = text[end..];
            }

            if (found)
            {
                return value;
            }
        }

        return null;
    }

    private static Fault Broken(string why) => Fault.Invalid($"The request body is not valid multipart/form-data: {why}.", code: "invalid_form");
}
