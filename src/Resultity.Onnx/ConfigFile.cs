using System.Text.Json;

namespace Resultity.Onnx;

/// <summary>A JSON file of a model's folder, read with limits, since the folder may come from anywhere.</summary>
internal readonly struct ConfigFile
{
    private const long LargestFile = 4 << 20;
    private static readonly JsonDocumentOptions Lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = 32 };

    private readonly string _name;
    private readonly JsonElement _root;

    private ConfigFile(string name, JsonElement root)
    {
        _name = name;
        _root = root;
    }

    /// <summary>Reads a file whose root is an object.</summary>
    /// <exception cref="ModelLoadException">It is missing, too large or not such a file.</exception>
    public static ConfigFile Read(string folder, string name) =>
        TryRead(folder, name) ?? throw new ModelLoadException($"{name} is missing in {folder}.");

    /// <summary>As <see cref="Read"/>; null if there is no such file.</summary>
    public static ConfigFile? TryRead(string folder, string name)
    {
        if (Parse(folder, name) is not { } root) return null;
        return root.ValueKind == JsonValueKind.Object ? new ConfigFile(name, root) : throw new ModelLoadException($"{name} does not hold a JSON object.");
    }

    /// <summary>Reads a file whose root is an array of objects; null if there is no such file.</summary>
    public static ConfigFile[]? TryReadArray(string folder, string name)
    {
        if (Parse(folder, name) is not { } root) return null;
        if (root.ValueKind != JsonValueKind.Array) throw new ModelLoadException($"{name} does not hold a JSON array.");
        var items = new List<ConfigFile>();
        foreach (var item in root.EnumerateArray())
            items.Add(item.ValueKind == JsonValueKind.Object ? new ConfigFile(name, item) : throw new ModelLoadException($"{name} holds something that is not an object."));
        return [.. items];
    }

    private static JsonElement? Parse(string folder, string name)
    {
        try
        {
            var file = new FileInfo(Path.Combine(folder, name));
            if (!file.Exists) return null;
            if (file.Length > LargestFile) throw new ModelLoadException($"{name} has {file.Length} bytes; at most {LargestFile} are read.");
            using var document = JsonDocument.Parse(File.ReadAllBytes(file.FullName), Lenient);
            return document.RootElement.Clone();
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new ModelLoadException($"{name} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>The object under a key; null if it is absent or null.</summary>
    public ConfigFile? Object(string key) => Find(key) is not { } value ? null
        : value.ValueKind == JsonValueKind.Object ? new ConfigFile($"{_name}: {key}", value) : throw Wrong(key, "an object");

    public string? Text(string key) => Find(key) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(key, "text");

    public bool? Flag(string key) => Find(key) is not { } value ? null
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(key, "true or false");

    /// <summary>A whole number within limits; null if it is absent.</summary>
    public int? Number(string key, int least, int most) => Find(key) is { } value ? Number(value, key, least, most) : null;

    /// <summary>A whole number that must be there.</summary>
    public int Required(string key, int least, int most) =>
        Number(key, least, most) ?? throw new ModelLoadException($"{_name}: {key} is missing.");

    /// <summary>A finite number within limits; null if it is absent.</summary>
    public double? Real(string key, double least, double most)
    {
        if (Find(key) is not { } value) return null;
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number >= least && number <= most
            ? number : throw Wrong(key, $"a number from {least} to {most}");
    }

    /// <summary>One whole number or an array of them; null if it is absent.</summary>
    public int[]? Numbers(string key, int least, int most, int limit = 64)
    {
        if (Find(key) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Array) return [Number(value, key, least, most)];
        if (value.GetArrayLength() > limit) throw Wrong(key, $"at most {limit} numbers");
        var numbers = new List<int>();
        foreach (var item in value.EnumerateArray()) numbers.Add(Number(item, key, least, most));
        return [.. numbers];
    }

    /// <summary>An array of pairs of whole numbers; null if it is absent.</summary>
    public (int First, int Second)[]? Pairs(string key, int least, int most, int limit = 1024)
    {
        if (Find(key) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > limit) throw Wrong(key, $"an array of at most {limit} pairs");
        var pairs = new List<(int, int)>();
        foreach (var item in value.EnumerateArray())
            pairs.Add(item.ValueKind == JsonValueKind.Array && item.GetArrayLength() == 2
                ? (Number(item[0], key, least, most), Number(item[1], key, least, most)) : throw Wrong(key, "an array of pairs of whole numbers"));
        return [.. pairs];
    }

    /// <summary>An array of finite numbers within limits; null if it is absent.</summary>
    public double[]? Reals(string key, double least, double most, int limit = 64)
    {
        if (Find(key) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > limit) throw Wrong(key, $"an array of at most {limit} numbers");
        var numbers = new List<double>();
        foreach (var item in value.EnumerateArray())
            numbers.Add(item.ValueKind == JsonValueKind.Number && item.TryGetDouble(out var number) && number >= least && number <= most ? number : throw Wrong(key, $"numbers from {least} to {most}"));
        return [.. numbers];
    }

    /// <summary>An object whose values are texts; null if it is absent.</summary>
    public IReadOnlyDictionary<string, string>? Texts(string key)
    {
        if (Find(key) is not { } value) return null;
        if (value.ValueKind != JsonValueKind.Object) throw Wrong(key, "an object of texts");
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var member in value.EnumerateObject()) texts[member.Name] = member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString()! : throw Wrong(key, "an object of texts");
        return texts;
    }

    /// <summary>A special token, which is written as its text or as an object with its <c>content</c>; null if it is absent.</summary>
    public string? TokenText(string key) => Find(key) is { ValueKind: JsonValueKind.Object } ? Object(key)?.Text("content") : Text(key);

    /// <summary>A width and height, written as one number, as <c>height</c> and <c>width</c>, or as <c>shortest_edge</c>; null if it is absent.</summary>
    public (int Width, int Height)? SizeOf(string key, int most)
    {
        if (Find(key) is not { } value) return null;
        if (value.ValueKind == JsonValueKind.Number) return (Number(value, key, 1, most), Number(value, key, 1, most));
        var size = Object(key)!.Value;
        if (size.Number("shortest_edge", 1, most) is { } edge) return (edge, edge);
        return (size.Required("width", 1, most), size.Required("height", 1, most));
    }

    private int Number(JsonElement value, string key, int least, int most) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number == Math.Floor(number) && number >= least && number <= most
            ? (int)number : throw Wrong(key, $"a whole number from {least} to {most}");

    private JsonElement? Find(string key) =>
        _root.TryGetProperty(key, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private ModelLoadException Wrong(string key, string expected) => new($"{_name}: {key} must be {expected}.");
}
