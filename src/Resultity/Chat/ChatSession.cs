using System.Text;
using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Chat;

/// <summary>A conversation with one model: its messages so far, and how the next answer is fetched.</summary>
internal sealed class ChatSession(ApiClient client, Terminal terminal, string model, string? system)
{
    private readonly List<(string Role, string Content)> _messages = [];

    public string Model { get; set; } = model;

    public string? System { get; set; } = system;

    /// <summary>Fields for every request, such as <c>temperature</c>.</summary>
    public JsonObject Settings { get; } = [];

    /// <summary>Sends a message and returns the whole completion object.</summary>
    public Task<JsonNode> CompleteAsync(string message, CancellationToken cancellation) =>
        client.JsonAsync(HttpMethod.Post, "v1/chat/completions", Body(message, stream: false), cancellation);

    /// <summary>Sends a message and writes the answer as it comes. The exchange joins the conversation only if it ended well.</summary>
    /// <exception cref="CliException">The answer broke off; what had come is written.</exception>
    public async Task StreamAsync(string message, CancellationToken cancellation)
    {
        var answer = new StringBuilder();
        var waiting = false;
        var columns = Settings.Text("multimodel", "mode") == "all" ? new SideBySide(terminal) : null;
        string? failure = null;
        var whole = false;
        using var response = await client.SendAsync(HttpMethod.Post, "v1/chat/completions", Body(message, stream: true), cancellation);
        await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
        try
        {
            await foreach (var item in EventReader.ReadAsync(stream, cancellation))
            {
                if (item.Comment is { Length: > 0 } comment && answer.Length == 0 && terminal.ErrorIsTerminal)
                {
                    waiting = true;
                    terminal.Error.Write("\r\e[2K" + terminal.StyledError(Table.Safe(comment), "2"));
                }

                if (item.Data is not { } data) continue;
                if (waiting) terminal.Error.Write("\r\e[2K");
                waiting = false;
                if (data == "[DONE]")
                {
                    whole = true;
                    break;
                }

                var chunk = JsonNode.Parse(data);
                if (chunk.At("error") is { } error) failure = error.Text("message");
                columns?.Add(chunk);
                var piece = columns is null || chunk.Number("choices", "0", "index") is 0 ? chunk.Text("choices", "0", "delta", "content") : "";
                if (piece.Length == 0) continue;
                answer.Append(piece);
                if (columns is not null) continue;
                terminal.Out.Write(terminal.ForTerminal(piece));
                terminal.Out.Flush();
            }
        }
        catch (Exception broken) when (broken is IOException or HttpRequestException)
        {
            failure = "the connection broke: " + broken.Message;
        }
        finally
        {
            if (waiting) terminal.Error.Write("\r\e[2K");
            if (columns is not null) columns.End();
            else if (answer.Length > 0) terminal.Out.WriteLine();
            terminal.Out.Flush();
        }

        if (!whole) throw new CliException(ExitCode.Failure, "the answer is not whole: " + (failure ?? "the stream ended early."));
        _messages.Add(("user", message));
        _messages.Add(("assistant", answer.ToString()));
    }

    public void Clear() => _messages.Clear();

    private JsonObject Body(string message, bool stream)
    {
        var messages = new JsonArray();
        if (!string.IsNullOrEmpty(System)) messages.Add((JsonNode)Message("system", System));
        foreach (var (role, content) in _messages) messages.Add((JsonNode)Message(role, content));
        messages.Add((JsonNode)Message("user", message));
        var body = (JsonObject)Settings.DeepClone();
        body["model"] = Model;
        body["messages"] = messages;
        if (stream) body["stream"] = true;
        return body;
    }

    private static JsonObject Message(string role, string content) => new() { ["role"] = role, ["content"] = content };
}
