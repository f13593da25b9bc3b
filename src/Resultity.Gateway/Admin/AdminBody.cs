using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Admin;

/// <summary>The JSON object in an admin request. Reading a field checks it; the first mistake is kept in <see cref="Fault"/>.</summary>
/// <remarks>Unknown fields are refused, since a limit that is misspelt and ignored is no limit.</remarks>
internal sealed class AdminBody : IDisposable
{
    private const int Limit = 64 * 1024;
    private readonly JsonDocument? _document;
    private readonly HashSet<string> _read = new(StringComparer.Ordinal);

    private AdminBody(JsonDocument? document, Fault? fault) => (_document, Fault, Asked) = (document, fault, []);

    /// <summary>What is wrong; <see langword="null"/> so far.</summary>
    public Fault? Fault { get; private set; }

    private List<string> Asked { get; }

    /// <summary>Reads the body. An empty one is an empty object.</summary>
    public static async Task<AdminBody> ReadAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = Limit;
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
        if (buffer.Length == 0) return new AdminBody(null, null);
        if (!context.Request.HasJsonContentType())
        {
            return new AdminBody(null, new Fault(FaultKind.UnsupportedMediaType, "unsupported_media_type", "This route takes application/json."));
        }

        try
        {
            var document = JsonDocument.Parse(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 8 });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new AdminBody(document, null)
                : new AdminBody(document, Contracts.Values.Fault.Invalid("The request body must be a JSON object.", code: "invalid_type"));
        }
        catch (JsonException)
        {
            return new AdminBody(null, Contracts.Values.Fault.Invalid("The request body is not valid JSON.", code: "invalid_json"));
        }
    }

    /// <summary>A text without control characters; <see langword="null"/> if absent.</summary>
    public string? Text(string name, int longest, bool required = false, bool mayBeEmpty = false)
    {
        if (Find(name, required) is not { } value) return null;
        return value.ValueKind == JsonValueKind.String && value.GetString() is { } text && (text.Length > 0 || mayBeEmpty) && text.Length <= longest && !text.Any(char.IsControl)
            ? text
            : Wrong<string>(name, $"a text of 1 to {longest} characters");
    }

    /// <summary>A whole number; <see langword="null"/> if absent.</summary>
    public long? Integer(string name, long min, long max)
    {
        if (Find(name, required: false) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= min && number <= max) return number;
        Wrong<string>(name, $"a whole number from {min} to {max}");
        return null;
    }

    /// <summary>A number; <see langword="null"/> if absent.</summary>
    public double? Number(string name, double min, double max)
    {
        if (Find(name, required: false) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= min && number <= max) return number;
        Wrong<string>(name, FormattableString.Invariant($"a number from {min} to {max}"));
        return null;
    }

    /// <summary>True or false; <see langword="null"/> if absent.</summary>
    public bool? Flag(string name)
    {
        if (Find(name, required: false) is not { } value) return null;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False) return value.GetBoolean();
        Wrong<string>(name, "true or false");
        return null;
    }

    /// <summary>Texts; <see langword="null"/> if absent.</summary>
    public IReadOnlyList<string>? Texts(string name, int most, int longest, bool mayBeEmpty = false)
    {
        if (Find(name, required: false) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Array || (value.GetArrayLength() is 0 && !mayBeEmpty) || value.GetArrayLength() > most) return Wrong<IReadOnlyList<string>>(name, $"a list of 1 to {most} texts");
        var texts = new List<string>();
        foreach (var item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.String || item.GetString() is not { Length: > 0 } text || text.Length > longest || text.Any(char.IsControl))
            {
                return Wrong<IReadOnlyList<string>>($"{name}[{texts.Count}]", $"a text of 1 to {longest} characters");
            }

            texts.Add(text);
        }

        return texts;
    }

    /// <summary>Call after all fields were read: a field that nobody asked for is a mistake.</summary>
    public Fault? Finish()
    {
        if (Fault is not null || _document is null) return Fault;
        foreach (var property in _document.RootElement.EnumerateObject())
        {
            if (_read.Contains(property.Name)) continue;
            var shown = property.Name.Length <= 64 ? property.Name : property.Name[..64] + "…";
            return Fault = Contracts.Values.Fault.Invalid($"Unknown parameter: '{shown}'. Known are: {string.Join(", ", Asked)}.", shown, "unknown_parameter");
        }

        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _document?.Dispose();

    private JsonElement? Find(string name, bool required)
    {
        _read.Add(name);
        Asked.Add(name);
        if (Fault is not null) return null;
        if (_document is not null && _document.RootElement.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null) return value;
        if (required) Fault = Contracts.Values.Fault.Invalid($"Missing required parameter: '{name}'.", name, "missing_required_parameter");
        return null;
    }

    private T? Wrong<T>(string name, string expected)
        where T : class
    {
        Fault ??= Contracts.Values.Fault.Invalid($"Invalid '{name}': expected {expected}.", name);
        return null;
    }
}
