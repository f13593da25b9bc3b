using System.Globalization;
using System.Text.Json;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http.Shapes;
using Resultity.Serving.Admission;
using Resultity.Serving.Batches;

namespace Resultity.Gateway.Batches;

/// <summary>The bodies of <c>/v1/batches</c>.</summary>
internal static class BatchBodies
{
    private const int ShortestLifetime = 3600;
    private const int LongestLifetime = 2_592_000;

    private static readonly Shape Window = new StringShape(2, 8) { Description = "How long the batch may take: a whole number with a unit, such as 24h, 90m, 30s or 7d." }.OrNull();
    private static readonly Shape Metadata = new MapShape(new StringShape(0, 512), 16, 64).OrNull();
    private static readonly Shape OutputExpiry = new ObjectShape(
        new Field("anchor", new EnumShape("created_at")) { Required = true },
        new Field("seconds", new IntegerShape(ShortestLifetime, LongestLifetime)) { Required = true }).OrNull();

    /// <summary><c>POST /v1/batches</c>.</summary>
    public static ObjectShape Create { get; } = new(
        new Field("input_file_id", new StringShape(1, 64) { Description = "A file of requests, one JSON object per line, uploaded for the purpose batch." }.OrNull()),
        new Field("requests", new ArrayShape(AnyShape.Object, 1, int.MaxValue) { Description = "The requests themselves, in place of a file." }.OrNull()),
        new Field("endpoint", new StringShape(1, 128) { Description = "The path for requests that name no url." }.OrNull()),
        new Field("completion_window", Window),
        new Field("metadata", Metadata),
        new Field("output_expires_after", OutputExpiry));

    /// <summary><c>POST /v1/batches/{id}/retry</c>.</summary>
    public static ObjectShape Retry { get; } = new(
        new Field("completion_window", Window),
        new Field("metadata", Metadata),
        new Field("output_expires_after", OutputExpiry));

    /// <summary>Reads a checked body; the input file's identifier may be missing.</summary>
    /// <param name="body">The body.</param>
    /// <param name="draft">What holds where the body says nothing.</param>
    /// <param name="longest">The longest window.</param>
    public static Outcome<BatchDraft> Read(JsonElement body, BatchDraft draft, TimeSpan longest)
    {
        if (Text(body, "completion_window") is { } window)
        {
            if (!TryParse(window, out var time) || time > longest)
            {
                return Fault.Invalid(
                    string.Create(CultureInfo.InvariantCulture, $"Invalid 'completion_window': expected a whole number with a unit, such as '24h', '90m', '30s' or '7d', and at most {longest.TotalDays:0.##} days."),
                    "completion_window");
            }

            draft = draft with { CompletionWindow = window, Window = time };
        }

        return draft with
        {
            InputFileId = Text(body, "input_file_id") ?? draft.InputFileId,
            Endpoint = Text(body, "endpoint") ?? draft.Endpoint,
            Metadata = Member(body, "metadata") is { } metadata ? metadata.GetRawText() : draft.Metadata,
            OutputLifetime = Member(body, "output_expires_after") is { } expiry ? TimeSpan.FromSeconds(expiry.GetProperty("seconds").GetInt64()) : draft.OutputLifetime,
        };
    }

    /// <summary>The draft before anything of a body is known.</summary>
    public static BatchDraft Begin(Caller caller, string? id) => new(caller, "") { Id = id };

    /// <summary>A member that is there and not null.</summary>
    public static JsonElement? Member(JsonElement body, string name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static string? Text(JsonElement body, string name) => Member(body, name)?.GetString();

    private static bool TryParse(string text, out TimeSpan window)
    {
        window = default;
        if (!int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count == 0 || count > 10_000_000)
        {
            return false;
        }

        window = text[^1] switch
        {
            's' => TimeSpan.FromSeconds(count),
            'm' => TimeSpan.FromMinutes(count),
            'h' => TimeSpan.FromHours(count),
            'd' => TimeSpan.FromDays(Math.Min(count, 100_000)),
            _ => default,
        };
        return window > TimeSpan.Zero;
    }
}
