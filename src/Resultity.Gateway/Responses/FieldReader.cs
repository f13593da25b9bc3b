using System.Globalization;
using System.Text.Json;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Responses;

/// <summary>Reads members of one JSON object and keeps the first thing that is wrong with them, named by its path.</summary>
/// <remarks>A null member reads as an absent one, as OpenAI does.</remarks>
internal sealed class FieldReader(JsonElement target, string path)
{
    /// <summary>The first thing that is wrong; <see langword="null"/> while nothing is.</summary>
    public Fault? Fault { get; private set; }

    /// <summary>The path of a member as error messages name it.</summary>
    public string PathOf(string name) => path.Length == 0 ? name : $"{path}.{name}";

    /// <summary>Takes over the fault of a part of the object.</summary>
    public void Reject(FieldReader part)
    {
        if (part.Fault is { } fault)
        {
            Reject(fault);
        }
    }

    /// <summary>Records a fault unless there is one already.</summary>
    public void Reject(Fault fault) => Fault ??= fault;

    /// <summary>A string member.</summary>
    public string? String(string name, bool required = false, int longest = int.MaxValue)
    {
        if (Take(name, required, JsonValueKind.String, "a string") is not { } value)
        {
            return null;
        }

        var text = value.GetString()!;
        if (text.Length > longest)
        {
            Reject(Fault.Invalid(
                string.Create(CultureInfo.InvariantCulture, $"Invalid '{PathOf(name)}': string too long. Expected a string with maximum length {longest}, but got a string with length {text.Length} instead."),
                PathOf(name), "string_above_max_length"));
        }

        return text;
    }

    /// <summary>A string member out of a closed list.</summary>
    public string? Choice(string name, bool required, params ReadOnlySpan<string> allowed)
    {
        var text = String(name, required);
        if (text is not null && !allowed.Contains(text))
        {
            Reject(Unsupported(PathOf(name), text, allowed));
        }

        return text;
    }

    /// <summary>An object member.</summary>
    public JsonElement? Object(string name, bool required = false) => Take(name, required, JsonValueKind.Object, "an object");

    /// <summary>An array member.</summary>
    public JsonElement? Array(string name, bool required = false) => Take(name, required, JsonValueKind.Array, "an array");

    /// <summary>The fault of a value that is not in a closed list.</summary>
    public static Fault Unsupported(string param, string value, params ReadOnlySpan<string> allowed)
    {
        var quoted = new string[allowed.Length];
        for (var i = 0; i < allowed.Length; i++)
        {
            quoted[i] = $"'{allowed[i]}'";
        }

        var list = quoted.Length == 1 ? quoted[0] : $"{string.Join(", ", quoted[..^1])} and {quoted[^1]}";
        return Fault.Invalid($"Invalid value: '{Shorten(value)}'. Supported values are: {list}.", param);
    }

    /// <summary>The fault of a value of the wrong type.</summary>
    public static Fault WrongType(string param, string expected, JsonElement actual) =>
        Fault.Invalid($"Invalid type for '{param}': expected {expected}, but got {NameOf(actual)} instead.", param, "invalid_type");

    /// <summary>The fault of a value that is not there.</summary>
    public static Fault Missing(string param) => Fault.Invalid($"Missing required parameter: '{param}'.", param, "missing_required_parameter");

    /// <summary>A client's own words, cut to what an error message has room for.</summary>
    public static string Shorten(string text) => text.Length <= 64 ? text : string.Concat(text.AsSpan(0, 64), "…");

    private static string NameOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => value.TryGetInt64(out _) ? "an integer" : "a decimal",
        JsonValueKind.Null => "null",
        _ => "a boolean",
    };

    private JsonElement? Take(string name, bool required, JsonValueKind kind, string expected)
    {
        if (target.Member(name) is not { } value)
        {
            if (required)
            {
                Reject(Missing(PathOf(name)));
            }

            return null;
        }

        if (value.ValueKind == kind)
        {
            return value;
        }

        Reject(WrongType(PathOf(name), expected, value));
        return null;
    }
}
