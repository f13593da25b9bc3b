using System.Globalization;
using System.Text.Json;

namespace Resultity.Onnx.Grammars.Schemas;

/// <summary>Finds what a <c>$ref</c> names (RFC 6901 in a URI fragment).</summary>
internal static class SchemaPointer
{
    public static JsonElement Resolve(JsonElement root, string reference, string place)
    {
        if (reference == "#") return root;
        if (!reference.StartsWith("#/", StringComparison.Ordinal)) throw new GrammarException(place, $"refers to '{reference}'; only references into the schema itself (#/…) are supported.");
        var current = root;
        foreach (var part in reference[2..].Split('/'))
        {
            var name = Uri.UnescapeDataString(part).Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
            var found = current.ValueKind switch
            {
                JsonValueKind.Object => current.Get(name),
                JsonValueKind.Array when int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at < current.GetArrayLength() => current[at],
                _ => null,
            };
            current = found ?? throw new GrammarException(place, $"refers to '{reference}', which is not there.");
        }
        return current;
    }
}
