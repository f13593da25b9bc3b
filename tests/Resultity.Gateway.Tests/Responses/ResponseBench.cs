using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using Resultity.Contracts.Values;
using Resultity.Gateway.Responses;

namespace Resultity.Gateway.Tests.Responses;

/// <summary>Feeds chat chunks to an assembly and writes down what comes out.</summary>
internal sealed class ResponseBench : IDisposable
{
    public const string Id = "resp_01jd0000000000000000000000";
    private readonly ResponseEventBuffer _buffer = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000));

    public ResponseBench(string request = """{"model":"mini","input":"hi","stream":true}""")
    {
        Assert.True(ResponseRequestReader.Read(Encoding.UTF8.GetBytes(request)).TryGet(out var read, out var fault), fault?.Message);
        Assembly = new ResponseAssembly(new ResponseState(Id, read, 1_700_000_000) { InputItemCount = 1 }, _buffer, _time);
    }

    public ResponseAssembly Assembly { get; }

    public List<JsonElement> Events { get; } = [];

    /// <summary>The events' types, with what they carry where that matters.</summary>
    public string[] Lines => [.. Events.Select(Line)];

    public JsonElement Last => Events[^1];

    public JsonElement Response => JsonElement.Parse(Assembly.State.ToJson());

    public static string TextChunk(string text) =>
        $$"""{"id":"c","object":"chat.completion.chunk","model":"mini-1","choices":[{"index":0,"delta":{"content":{{Quote(text)}}},"finish_reason":null}]}""";

    public static string Finish(string reason) => $$"""{"model":"mini-1","choices":[{"index":0,"delta":{},"finish_reason":"{{reason}}"}]}""";

    public static string CallChunk(int index, string? id, string? name, string arguments) =>
        $$$"""{"choices":[{"index":0,"delta":{"tool_calls":[{"index":{{{index}}},{{{(id is null ? "" : $"\"id\":\"{id}\",\"type\":\"function\",")}}}"function":{{{{(name is null ? "" : $"\"name\":\"{name}\",")}}}"arguments":{{{Quote(arguments)}}}}}]},"finish_reason":null}]}""";

    public static string Quote(string text) => $"\"{JsonEncodedText.Encode(text)}\"";

    public ResponseBench Begin()
    {
        Assembly.Begin();
        return Drain();
    }

    public ResponseBench Add(params IEnumerable<string> chunks)
    {
        foreach (var chunk in chunks)
        {
            Assert.Null(Assembly.Add(Encoding.UTF8.GetBytes(chunk)));
            Drain();
        }

        return this;
    }

    public ResponseBench Complete(Usage metered = default)
    {
        Assembly.Complete(metered);
        Assembly.Announce();
        return Drain();
    }

    public ResponseBench Drain()
    {
        for (var i = 0; i < _buffer.Count; i++)
        {
            var parsed = JsonElement.Parse(_buffer[i].Data.Span);
            Assert.Equal(Events.Count, parsed.GetProperty("sequence_number").GetInt32());
            Assert.Equal(_buffer[i].Type, parsed.GetProperty("type").GetString());
            Assert.Equal(_buffer[i].Sequence, parsed.GetProperty("sequence_number").GetInt32());
            Events.Add(parsed);
        }

        _buffer.Clear();
        return this;
    }

    public void Dispose() => _buffer.Dispose();

    private static string Line(JsonElement e)
    {
        var line = new StringBuilder(e.GetProperty("type").GetString()!.Replace("response.", "", StringComparison.Ordinal));
        if (e.TryGetProperty("output_index", out var output))
        {
            line.Append(' ').Append(output.GetInt32());
        }

        if (e.TryGetProperty("content_index", out var content))
        {
            line.Append('.').Append(content.GetInt32());
        }

        foreach (var name in (string[])["delta", "text", "refusal", "arguments"])
        {
            if (e.TryGetProperty(name, out var value))
            {
                line.Append(' ').Append(value.GetString());
            }
        }

        if (e.TryGetProperty("item", out var item))
        {
            line.Append(' ').Append(item.GetProperty("type").GetString()).Append(' ').Append(item.GetProperty("status").GetString());
        }

        if (e.TryGetProperty("part", out var part))
        {
            line.Append(' ').Append(part.GetProperty("type").GetString());
        }

        if (e.TryGetProperty("response", out var response))
        {
            line.Append(' ').Append(response.GetProperty("status").GetString());
        }

        return line.ToString();
    }
}
