using System.Globalization;
using System.Text.Json;

namespace Resultity.Gateway.Tests.Kit;

/// <summary>What a server sent, read line by line: events with their number, and comments.</summary>
internal sealed class SseReading(HttpResponseMessage response, Stream stream) : IAsyncDisposable
{
    private readonly StreamReader _reader = new(stream);

    public List<(long Id, string Data)> Events { get; } = [];

    public List<string> Comments { get; } = [];

    public string RequestId => response.Headers.GetValues("x-request-id").Single();

    public bool IsDone => Events.Count > 0 && Events[^1].Data == "[DONE]";

    public static async Task<SseReading> OpenAsync(HttpResponseMessage response)
    {
        Assert.True(response.IsSuccessStatusCode, await (response.IsSuccessStatusCode ? Task.FromResult("") : response.Content.ReadAsStringAsync()));
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
        return new SseReading(response, await response.Content.ReadAsStreamAsync());
    }

    /// <summary>The text of a chat chunk.</summary>
    public static string TextOf(string chunk)
    {
        using var json = JsonDocument.Parse(chunk);
        return json.RootElement.GetProperty("choices")[0].GetProperty("delta").TryGetProperty("content", out var text) ? text.GetString() ?? "" : "";
    }

    /// <summary>Reads one event or comment.</summary>
    public async Task<bool> ReadAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var (id, data) = (0L, (string?)null);
        while (await _reader.ReadLineAsync(patience.Token) is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal))
            {
                id = long.Parse(line.AsSpan(4), CultureInfo.InvariantCulture);
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                data = data is null ? line[6..] : data + "\n" + line[6..];
            }
            else if (line.StartsWith(": ", StringComparison.Ordinal))
            {
                Comments.Add(line[2..]);
            }
            else if (line.Length == 0)
            {
                if (data is not null)
                {
                    Events.Add((id, data));
                }

                return true;
            }
        }

        return false;
    }

    public async Task<SseReading> ReadToEndAsync()
    {
        while (await ReadAsync())
        {
        }

        return this;
    }

    public async Task<SseReading> ReadEventsAsync(int count)
    {
        while (Events.Count < count && await ReadAsync())
        {
        }

        return this;
    }

    public ValueTask DisposeAsync()
    {
        _reader.Dispose();
        response.Dispose();
        return ValueTask.CompletedTask;
    }
}
