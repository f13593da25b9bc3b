using System.Text.Json;

namespace Resultity.FakeUpstream;

/// <summary>What happened so far; inference requests only, except for the connections.</summary>
internal sealed class Counts
{
    /// <summary>Requests that are being answered now.</summary>
    public int Running;

    /// <summary>The most that were ever answered at once since the last <c>/_set</c>.</summary>
    public int MaxRunning;

    /// <summary>Requests that were received whole.</summary>
    public long Requests;

    /// <summary>Requests that were answered to the end as they should be.</summary>
    public long Served;

    /// <summary>Requests whose client went away before the answer's end.</summary>
    public long Aborted;

    /// <summary>Requests that were answered with an error, cut or spoilt, as the settings asked for.</summary>
    public long Failed;
    public long Streams;
    public long Events;
    public long Connections;
    public int OpenConnections;

    /// <summary>Videos that were begun and not deleted yet.</summary>
    public int Videos;

    /// <summary>A count by its name in <see cref="ToJson"/>; null if there is none of that name.</summary>
    public long? Get(string name) => name switch
    {
        "running" => Running,
        "max_running" => MaxRunning,
        "requests" => Requests,
        "served" => Served,
        "aborted" => Aborted,
        "failed" => Failed,
        "streams" => Streams,
        "events" => Events,
        "connections" => Connections,
        "open_connections" => OpenConnections,
        "videos" => Videos,
        _ => null,
    };

    /// <summary>All counts as a JSON object.</summary>
    public byte[] ToJson()
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            foreach (var name in new[] { "running", "max_running", "requests", "served", "aborted", "failed", "streams", "events", "connections", "open_connections", "videos" })
                json.WriteNumber(name, Get(name)!.Value);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }
}
