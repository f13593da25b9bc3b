using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Resultity.FakeUpstream;

/// <summary>Composes answers from requests and settings. Costly beside sending, so that callers keep what it returns.</summary>
internal sealed class Composer(Settings settings)
{
    private const string StreamHead = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n";

    // Streams of one model differ in the number of their events, rarely in the events: these are shared.
    private readonly Dictionary<(string Model, bool Chat), byte[][]> _numbered = [];

    /// <summary>Forgets what depends on the settings.</summary>
    public void Reset() => _numbered.Clear();

    public Answer Models()
    {
        var models = settings.Models.Select(model => $$"""{"id":"{{Escape(model)}}","object":"model","created":1700000000,"owned_by":"stub"}""");
        return Answer.Json(200, Encoding.UTF8.GetBytes($$"""{"object":"list","data":[{{string.Join(',', models)}}]}"""));
    }

    public Answer Text(ReadOnlySpan<byte> body, bool chat)
    {
        if (Refuse(Ask.Read(body, chat), out var ask) is { } refused) return refused;
        var tokens = Tokens(ask, out var finish);
        var fingerprint = settings.Echo == "hash" ? $"""
            ,"system_fingerprint":"{Convert.ToHexStringLower(SHA256.HashData(body))}"
            """ : "";
        var prompt = Math.Max(1, body.Length / 16);
        var usage = $$"""{"prompt_tokens":{{prompt}},"completion_tokens":{{tokens.Count}},"total_tokens":{{prompt + tokens.Count}}}""";
        return ask.Stream ? Stream(ask, chat, tokens, finish, fingerprint, usage) : Whole(ask, chat, tokens, finish, fingerprint, usage);
    }

    public Answer Embeddings(ReadOnlySpan<byte> body)
    {
        if (Refuse(Ask.Read(body, chat: false), out var ask) is { } refused) return refused;
        var vectors = ask.Inputs.Select((input, index) =>
            $$"""{"object":"embedding","index":{{index}},"embedding":{{Vector(input, ask.Dimensions ?? settings.Dimensions, ask.Base64)}}}""");
        var prompt = ask.Inputs.Sum(input => Math.Max(1, input.Length / 4));
        var answer = $$$"""{"object":"list","data":[{{{string.Join(',', vectors)}}}],"model":"{{{Escape(ask.Model)}}}","usage":{"prompt_tokens":{{{prompt}}},"total_tokens":{{{prompt}}}}}""";
        return Answer.Json(200, Encoding.UTF8.GetBytes(answer), settings.Latency, settings.Malformed);
    }

    private Answer? Refuse(Ask? read, out Ask ask)
    {
        ask = read ?? new();
        if (read is null) return Answer.Error(400, "the body is not a JSON object with a model", "invalid_request_error");
        if (settings.AnyModel || settings.Models.Contains(ask.Model)) return null;
        return Answer.Error(404, $"The model `{Escape(ask.Model)}` does not exist.", "invalid_request_error", "model_not_found");
    }

    private List<string> Tokens(Ask ask, out string finish)
    {
        var all = settings.Echo == "text"
            ? ask.LastText.Split(' ').Select((word, index) => index == 0 ? word : " " + word).Skip(ask.FirstToken)
            : Enumerable.Range(ask.FirstToken, Math.Max(0, settings.Chunks - ask.FirstToken)).Select(Numbered);
        var tokens = all.ToList();
        finish = tokens.Count > ask.MaxTokens ? "length" : "stop";
        return finish == "length" ? tokens[..ask.MaxTokens] : tokens;
    }

    private string Numbered(int number) => $" t{number.ToString(CultureInfo.InvariantCulture)}{new string('x', settings.Pad)}";

    private Answer Whole(Ask ask, bool chat, List<string> tokens, string finish, string fingerprint, string usage)
    {
        var text = Escape(string.Concat(tokens));
        var choice = chat ? $$"""
            "message":{"role":"assistant","content":"{{text}}"}
            """ : $"""
            "text":"{text}"
            """;
        var answer = $$"""{"id":"chatcmpl-stub","object":"{{(chat ? "chat.completion" : "text_completion")}}","created":1700000000,"model":"{{Escape(ask.Model)}}"{{fingerprint}},"choices":[{"index":0,{{choice}},"finish_reason":"{{finish}}"}],"usage":{{usage}}}""";
        var work = settings.TokensPerSecond > 0 ? settings.EventDelay * tokens.Count : TimeSpan.Zero;
        if (settings.StallAfter > 0) work = TimeSpan.FromDays(1);
        return Answer.Json(200, Encoding.UTF8.GetBytes(answer), settings.Latency + work, settings.Malformed);
    }

    private Answer Stream(Ask ask, bool chat, List<string> tokens, string finish, string fingerprint, string usage)
    {
        var events = Events(ask, chat, tokens, fingerprint);
        var start = Opening(ask.Model, chat, fingerprint);
        if (settings.Malformed && events.Length > 0) events[events.Length / 2] = Answer.Chunk(start + "\"choices\":[{\"index\":\n\n");
        var usageEvent = ask.IncludeUsage ? $"{start}\"choices\":[],\"usage\":{usage}}}\n\n" : "";
        var finished = $"{start}\"choices\":[{{\"index\":0,{(chat ? "\"delta\":{}" : "\"text\":\"\"")},\"finish_reason\":\"{finish}\"}}]}}\n\n";
        var tail = Answer.Chunk(finished + usageEvent + "data: [DONE]\n\n");
        var end = StreamEnd.Whole;
        var cut = settings.TruncateAfter < 0 ? events.Length / 2 : settings.TruncateAfter;
        if (cut > 0 && cut < events.Length)
        {
            events = events[..cut];
            tail = [];
            end = settings.TruncateClean ? StreamEnd.Whole : StreamEnd.Cut;
        }
        else if (settings.StallAfter > 0 && settings.StallAfter < events.Length)
        {
            events = events[..settings.StallAfter];
            end = StreamEnd.Stall;
        }
        else if (settings.ErrorAfter > 0 && settings.ErrorAfter < events.Length)
        {
            events = events[..settings.ErrorAfter];
            tail = Answer.Chunk("data: {\"error\":{\"message\":\"the engine failed\",\"type\":\"server_error\",\"param\":null,\"code\":500}}\n\n");
        }

        return new()
        {
            Head = Encoding.ASCII.GetBytes(StreamHead),
            Events = events,
            Tail = [.. tail, .. "0\r\n\r\n"u8],
            End = end,
            Latency = settings.Latency,
            Delay = settings.EventDelay,
            Good = !settings.Malformed && end == StreamEnd.Whole && events.Length == tokens.Count,
        };
    }

    private byte[][] Events(Ask ask, bool chat, List<string> tokens, string fingerprint)
    {
        var start = Opening(ask.Model, chat, fingerprint);
        if (fingerprint.Length > 0 || settings.Echo == "text") return [.. tokens.Select((token, index) => Event(start, chat, token, index == 0))];
        if (!_numbered.TryGetValue((ask.Model, chat), out var shared))
        {
            shared = [.. Enumerable.Range(0, settings.Chunks).Select(number => Event(start, chat, Numbered(number), first: false))];
            _numbered.Add((ask.Model, chat), shared);
        }

        var events = shared.AsSpan(Math.Min(ask.FirstToken, shared.Length), tokens.Count).ToArray();
        if (events.Length > 0) events[0] = Event(start, chat, tokens[0], first: true);
        return events;
    }

    private static string Opening(string model, bool chat, string fingerprint) =>
        $$"""data: {"id":"chatcmpl-stub","object":"{{(chat ? "chat.completion.chunk" : "text_completion")}}","created":1700000000,"model":"{{Escape(model)}}"{{fingerprint}},""";

    private static byte[] Event(string start, bool chat, string token, bool first)
    {
        var role = first ? "\"role\":\"assistant\"," : "";
        var delta = chat ? $"\"delta\":{{{role}\"content\":\"{Escape(token)}\"}}" : $"\"text\":\"{Escape(token)}\"";
        return Answer.Chunk($"{start}\"choices\":[{{\"index\":0,{delta},\"finish_reason\":null}}]}}\n\n");
    }

    /// <summary>A unit vector that depends on the text alone.</summary>
    private static string Vector(string input, int length, bool base64)
    {
        var seed = SHA256.HashData(Encoding.UTF8.GetBytes(input));
        var vector = new float[length];
        for (var i = 0; i < length; i++) vector[i] = 1 + (seed[i % seed.Length] ^ (byte)(i / seed.Length));
        var norm = MathF.Sqrt(vector.Sum(x => x * x));
        for (var i = 0; i < length; i++) vector[i] /= norm;
        if (base64) return $"\"{Convert.ToBase64String(System.Runtime.InteropServices.MemoryMarshal.AsBytes(vector.AsSpan()))}\"";
        return $"[{string.Join(',', vector.Select(x => x.ToString("R", CultureInfo.InvariantCulture)))}]";
    }

    private static string Escape(string text) => JsonEncodedText.Encode(text, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping).Value;
}
