using System.Runtime.CompilerServices;
using System.Text;

namespace Resultity.Client;

/// <summary>One server-sent event, or one comment between events.</summary>
/// <param name="Id">The event's <c>id</c>, if it has one.</param>
/// <param name="Data">The event's <c>data</c> lines; <see langword="null"/> for a comment.</param>
/// <param name="Comment">A comment's text; <see langword="null"/> for an event.</param>
internal readonly record struct ServerEvent(string? Id, string? Data, string? Comment);

/// <summary>Reads <c>text/event-stream</c> (WHATWG HTML, 9.2), comments included: the gateway tells the place in the queue by them.</summary>
internal static class EventReader
{
    public static async IAsyncEnumerable<ServerEvent> ReadAsync(Stream stream, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var reader = new StreamReader(stream, Encoding.UTF8);
        string? id = null;
        StringBuilder? data = null;
        while (await reader.ReadLineAsync(cancellation) is { } line)
        {
            if (line.Length == 0)
            {
                if (data is not null) yield return new ServerEvent(id, data.ToString(), null);
                data = null;
                id = null;
            }
            else if (line[0] == ':')
            {
                yield return new ServerEvent(null, null, line[1..].Trim());
            }
            else if (Field(line, "data") is { } text)
            {
                if (data is null) data = new StringBuilder(text);
                else data.Append('\n').Append(text);
            }
            else if (Field(line, "id") is { } value)
            {
                id = value;
            }
        }
    }

    private static string? Field(string line, string name)
    {
        if (!line.StartsWith(name, StringComparison.Ordinal) || line.Length == name.Length || line[name.Length] != ':') return null;
        var start = name.Length + 1;
        return line[(start < line.Length && line[start] == ' ' ? start + 1 : start)..];
    }
}
