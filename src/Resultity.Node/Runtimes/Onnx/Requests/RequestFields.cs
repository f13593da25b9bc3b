using System.Globalization;
using System.Text.Json;

namespace Resultity.Node.Runtimes.Onnx.Requests;

/// <summary>Reads the members of one JSON object of a request; a wrong one is refused with its path. null and absent mean the same.</summary>
internal readonly struct RequestFields
{
    private readonly JsonElement _element;
    private readonly string _path;

    private RequestFields(JsonElement element, string path) => (_element, _path) = (element, path);

    public JsonElement Element => _element;

    public static RequestFields Of(JsonElement element, string path) => element.ValueKind == JsonValueKind.Object
        ? new(element, path)
        : throw Wrong(path, "an object", element);

    public string PathOf(string name) => _path.Length == 0 ? name : $"{_path}.{name}";

    public JsonElement? Member(string name) =>
        _element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public bool Has(string name) => Member(name) is not null;

    public RequestFields? Object(string name) => Member(name) is { } value ? Of(value, PathOf(name)) : null;

    public string? Text(string name) => Member(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => ReadText(value, PathOf(name)),
        { } other => throw Wrong(PathOf(name), "a string", other),
    };

    public string RequiredText(string name) => Text(name) ?? throw Missing(name);

    public string Choice(string name, string otherwise, params ReadOnlySpan<string> allowed)
    {
        var value = Text(name) ?? otherwise;
        return allowed.Contains(value) ? value : throw new InvalidRequestException($"'{PathOf(name)}' must be one of {string.Join(", ", allowed!)}, not '{Shortened(value)}'.", PathOf(name));
    }

    public bool Flag(string name, bool otherwise = false) => Member(name) switch
    {
        null => otherwise,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } other => throw Wrong(PathOf(name), "a boolean", other),
    };

    public long? Integer(string name, long least, long most)
    {
        if (Member(name) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Number || !TryInteger(value, out var number)) throw Wrong(PathOf(name), "an integer", value);
        return number >= least && number <= most ? number : throw OutOfRange(PathOf(name), number, least, most);
    }

    public double? Number(string name, double least, double most)
    {
        if (Member(name) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Number) throw Wrong(PathOf(name), "a number", value);
        var number = value.GetDouble();
        return number >= least && number <= most ? number : throw OutOfRange(PathOf(name), number, least, most);
    }

    public IReadOnlyList<JsonElement>? List(string name, int most) => Member(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Array } value when value.GetArrayLength() <= most => [.. value.EnumerateArray()],
        { ValueKind: JsonValueKind.Array } value => throw new InvalidRequestException($"'{PathOf(name)}' has {value.GetArrayLength()} items; at most {most} are allowed.", PathOf(name), "array_above_max_length"),
        { } other => throw Wrong(PathOf(name), "an array", other),
    };

    public InvalidRequestException Missing(string name) => new($"'{PathOf(name)}' is required.", PathOf(name), "missing_required_parameter");

    public static InvalidRequestException Wrong(string path, string expected, JsonElement actual) =>
        new($"'{path}' must be {expected}, not {KindOf(actual)}.", path.Length == 0 ? null : path, "invalid_type");

    public static string ReadText(JsonElement value, string path)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair, written as an escape: JSON allows it, Unicode does not.
            throw new InvalidRequestException($"'{path}' is not valid Unicode text.", path);
        }
    }

    /// <summary>1.0 and 1e3 are integers in JSON, too.</summary>
    public static bool TryInteger(JsonElement value, out long number)
    {
        number = 0;
        if (value.ValueKind != JsonValueKind.Number) return false;
        if (value.TryGetInt64(out number)) return true;
        var real = value.GetDouble();
        if (real != Math.Truncate(real) || Math.Abs(real) > 1L << 53) return false;
        number = (long)real;
        return true;
    }

    public static string Shortened(string text) => text.Length <= 64 ? text : string.Concat(text.AsSpan(0, 64), "…");

    private static InvalidRequestException OutOfRange<T>(string path, T value, T least, T most) where T : IFormattable =>
        new(string.Create(CultureInfo.InvariantCulture, $"'{path}' is {value}; it must be between {least} and {most}."), path);

    private static string KindOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => TryInteger(value, out _) ? "an integer" : "a number",
        JsonValueKind.True or JsonValueKind.False => "a boolean",
        _ => "null",
    };
}
