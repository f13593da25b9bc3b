using System.Text.Json;

namespace Resultity.Onnx.Templates.Values;

/// <summary>JSON from outside as values; every text in it is marked.</summary>
internal static class JsonValues
{
    public static Value Read(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var entries = new OrderedDictionary<string, Value>(StringComparer.Ordinal);
                foreach (var member in element.EnumerateObject()) entries[member.Name] = Read(member.Value);
                return new MapValue(entries, plain: true);
            case JsonValueKind.Array: return Value.Of(element.EnumerateArray().Select(Read));
            case JsonValueKind.String: return TextValue.FromOutside(element.GetString()!);
            case JsonValueKind.Number: return element.TryGetInt64(out var integer) ? Value.Of(integer) : Value.Of(element.GetDouble());
            case JsonValueKind.True: return Value.True;
            case JsonValueKind.False: return Value.False;
            default: return Value.None;
        }
    }
}
