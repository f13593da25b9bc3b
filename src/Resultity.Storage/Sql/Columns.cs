using System.Text.Json;
using System.Text.Json.Serialization;
using Resultity.Contracts.Values;
using Resultity.Serving.Batches;
using Resultity.Serving.Jobs;

namespace Resultity.Storage.Sql;

/// <summary>How values stand in columns.</summary>
internal static class Columns
{
    public static long ToColumn(this DateTimeOffset time) => time.ToUnixTimeMilliseconds();

    public static long? ToColumn(this DateTimeOffset? time) => time?.ToUnixTimeMilliseconds();

    public static DateTimeOffset ToTime(this long column) => DateTimeOffset.FromUnixTimeMilliseconds(column);

    public static DateTimeOffset? ToTime(this long? column) => column is { } value ? value.ToTime() : null;

    public static string? ToColumn(this IReadOnlyList<string>? list) =>
        list is null ? null : JsonSerializer.Serialize(list, ColumnJson.Default.IReadOnlyListString);

    public static IReadOnlyList<string>? ToList(this string? column) =>
        column is null ? null : JsonSerializer.Deserialize(column, ColumnJson.Default.IReadOnlyListString);

    public static string? ToColumn(this Fault? fault) =>
        fault is null ? null : JsonSerializer.Serialize(fault, ColumnJson.Default.Fault);

    public static Fault? ToFault(this string? column) =>
        column is null ? null : JsonSerializer.Deserialize(column, ColumnJson.Default.Fault);

    public static string? ToColumn(this IReadOnlyList<JobAttempt> attempts) =>
        attempts.Count == 0 ? null : JsonSerializer.Serialize(attempts, ColumnJson.Default.IReadOnlyListJobAttempt);

    public static IReadOnlyList<JobAttempt> ToAttempts(this string? column) =>
        column is null ? [] : JsonSerializer.Deserialize(column, ColumnJson.Default.IReadOnlyListJobAttempt) ?? [];

    public static string? ToColumn(this IReadOnlyList<BatchError> errors) =>
        errors.Count == 0 ? null : JsonSerializer.Serialize(errors, ColumnJson.Default.IReadOnlyListBatchError);

    public static IReadOnlyList<BatchError> ToErrors(this string? column) =>
        column is null ? [] : JsonSerializer.Deserialize(column, ColumnJson.Default.IReadOnlyListBatchError) ?? [];

    /// <summary>Headers as lines; their values hold no line ends.</summary>
    public static string ToColumn(this IReadOnlyList<KeyValuePair<string, string>> headers) =>
        string.Join('\n', headers.Select(static header => $"{header.Key}: {header.Value}"));

    public static IReadOnlyList<KeyValuePair<string, string>> ToHeaders(this string? column) =>
        [.. (column ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split(": ", 2)).Select(static pair => KeyValuePair.Create(pair[0], pair[1]))];

    /// <summary>The part of an identifier that sorts by time, whatever its prefix.</summary>
    public static string ToSortKey(this string id) => id.Length <= SortKeyLength ? id : id[^SortKeyLength..];

    private const int SortKeyLength = 26;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(IReadOnlyList<JobAttempt>))]
[JsonSerializable(typeof(IReadOnlyList<BatchError>))]
[JsonSerializable(typeof(Fault))]
internal sealed partial class ColumnJson : JsonSerializerContext;
