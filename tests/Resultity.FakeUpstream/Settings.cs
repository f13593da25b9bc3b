using System.Globalization;

namespace Resultity.FakeUpstream;

/// <summary>How the upstream behaves. Each setting is a command-line option and, by the same name, a query parameter of <c>POST /_set</c>.</summary>
internal sealed class Settings
{
    private static readonly Dictionary<string, (string Meaning, Action<Settings, string> Apply)> s_known = new()
    {
        ["model"] = ("names of the models it serves, with commas between (stub-model)", (s, v) => s.Models = v.Split(',', StringSplitOptions.RemoveEmptyEntries)),
        ["any-model"] = ("answers for a model it does not serve, too (off: 404)", (s, v) => s.AnyModel = Flag(v)),
        ["api-key"] = ("the bearer key that it asks for (none)", (s, v) => s.ApiKey = v),
        ["load"] = ("not ready before this time after its start: 503 until then (0)", (s, v) => s.Load = Duration(v)),
        ["latency"] = ("time before the answer or the first event (0)", (s, v) => s.Latency = Duration(v)),
        ["chunks"] = ("tokens in an answer, one event each (64)", (s, v) => s.Chunks = Count(v)),
        ["chunk-delay"] = ("time between two events of a stream (0)", (s, v) => s.ChunkDelay = Duration(v)),
        ["tps"] = ("tokens a second of one answer: sets chunk-delay, and makes a JSON answer wait as long (0: no limit)", (s, v) => s.TokensPerSecond = Count(v)),
        ["pad"] = ("further characters in each token (0)", (s, v) => s.Pad = Count(v)),
        ["dimensions"] = ("length of an embedding (8)", (s, v) => s.Dimensions = Count(v)),
        ["crash-after"] = ("kills itself in the middle of the N-th event or JSON answer from now (0: never)", (s, v) => s.CrashAfter = Count(v)),
        ["ignore-sigterm"] = ("lives on when asked to end", (s, v) => s.IgnoreSigterm = Flag(v)),
        ["fail-status"] = ("answers with this status (0: never)", (s, v) => s.FailStatus = Count(v)),
        ["fail-every"] = ("how often fail-status holds: every N-th request (1)", (s, v) => s.FailEvery = Math.Max(1, Count(v))),
        ["malformed"] = ("JSON that is cut off; in a stream, the event in the middle", (s, v) => s.Malformed = Flag(v)),
        ["truncate"] = ("ends a stream after half of its events, or after N of them, without [DONE]", (s, v) => s.TruncateAfter = v is "" or "true" ? -1 : Count(v)),
        ["truncate-clean"] = ("a truncated stream ends as correct HTTP (off: the connection is closed)", (s, v) => s.TruncateClean = Flag(v)),
        ["stall-after"] = ("sends nothing more after N events (0: never); a JSON answer never comes", (s, v) => s.StallAfter = Count(v)),
        ["error-after"] = ("sends an error event after N events, then closes (0: never)", (s, v) => s.ErrorAfter = Count(v)),
        ["echo"] = ("`text`: the tokens are the words of the last message; `hash`: system_fingerprint is the SHA-256 of the request's body", (s, v) => s.Echo = Echoed(v)),
        ["video-looks"] = ("how often a video is asked for until it is done (2)", (s, v) => s.VideoLooks = Count(v)),
        ["video-bytes"] = ("length of a video's file (400000)", (s, v) => s.VideoBytes = Math.Max(16, Count(v))),
        ["video-failure"] = ("the code of the error that videos end with (none: they are made)", (s, v) => s.VideoFailure = v),
        ["video-thumbnail"] = ("whether videos have one (on)", (s, v) => s.VideoThumbnail = Flag(v)),
    };

    public string[] Models { get; private set; } = ["stub-model"];
    public bool AnyModel { get; private set; }
    public string ApiKey { get; private set; } = "";
    public TimeSpan Load { get; private set; }
    public TimeSpan Latency { get; private set; }
    public int Chunks { get; private set; } = 64;
    public TimeSpan ChunkDelay { get; private set; }
    public int TokensPerSecond { get; private set; }
    public int Pad { get; private set; }
    public int Dimensions { get; private set; } = 8;
    public int CrashAfter { get; set; }
    public bool IgnoreSigterm { get; private set; }
    public int FailStatus { get; private set; }
    public int FailEvery { get; private set; } = 1;
    public bool Malformed { get; private set; }

    /// <summary>Events after which a stream is cut; -1 is half of them, 0 is never.</summary>
    public int TruncateAfter { get; private set; }
    public bool TruncateClean { get; private set; }
    public int StallAfter { get; private set; }
    public int ErrorAfter { get; private set; }
    public string Echo { get; private set; } = "";
    public int VideoLooks { get; private set; } = 2;
    public int VideoBytes { get; private set; } = 400_000;
    public string VideoFailure { get; private set; } = "";
    public bool VideoThumbnail { get; private set; } = true;

    /// <summary>Time between two events, from either of the two settings that say it.</summary>
    public TimeSpan EventDelay => TokensPerSecond > 0 ? TimeSpan.FromSeconds(1.0 / TokensPerSecond) : ChunkDelay;

    /// <summary>One line for each setting.</summary>
    public static IEnumerable<string> Describe() => s_known.Select(one => $"  --{one.Key,-16} {one.Value.Meaning}");

    /// <summary>Sets one setting; the error, or null.</summary>
    public string? Apply(string name, string value)
    {
        if (!s_known.TryGetValue(name, out var known)) return $"'{name}' is not a setting";
        try
        {
            known.Apply(this, value);
            return null;
        }
        catch (Exception wrong) when (wrong is FormatException or OverflowException)
        {
            return $"'{name}' cannot be '{value}'";
        }
    }

    private static bool Flag(string value) => value is "" || bool.Parse(value);

    private static int Count(string value) => int.Parse(value, NumberStyles.None, CultureInfo.InvariantCulture);

    private static string Echoed(string value) => value switch
    {
        "" or "true" => "text",
        "text" or "hash" => value,
        "off" or "false" => "",
        _ => throw new FormatException(),
    };

    /// <summary>Reads "250us", "10ms", "2s", "1m" or a bare number of milliseconds.</summary>
    private static TimeSpan Duration(string value)
    {
        var digits = value.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').Count();
        var number = double.Parse(value.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);
        return value[digits..] switch
        {
            "us" => TimeSpan.FromMicroseconds(number),
            "ms" or "" => TimeSpan.FromMilliseconds(number),
            "s" => TimeSpan.FromSeconds(number),
            "m" => TimeSpan.FromMinutes(number),
            _ => throw new FormatException(),
        };
    }
}
