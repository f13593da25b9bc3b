using System.Text.Json;
using Resultity.Onnx.Grammars.Automata;

namespace Resultity.Onnx.Grammars.Schemas;

/// <summary>Arrays: items of fixed places first, then like ones.</summary>
internal static class ArraySchemas
{
    public static Node Compile(SchemaCompiler compiler, JsonElement schema, string place)
    {
        var b = compiler.Builder;
        var (least, most) = (schema.Count("minItems", place) ?? 0, schema.Count("maxItems", place) ?? RepeatNode.Unlimited);
        if (least > most) throw new GrammarException(place, "has 'minItems' above 'maxItems'.");
        var items = schema.Get("items");
        var ends = items?.ValueKind == JsonValueKind.False;
        if (schema.Get("prefixItems") is null)
        {
            if (ends) return least == 0 ? b.Choice(b.Literal("[]")) : throw new GrammarException(place, "asks for items and allows none.");
            return compiler.Json.Array(items is { } each ? compiler.Compile(each, $"{place}/items") : compiler.Json.Any, least, most);
        }
        var prefix = schema.Schemas("prefixItems", place).Select((item, at) => compiler.Compile(item, $"{place}/prefixItems/{at}")).Take(most).ToList();
        if (ends && least > prefix.Count) throw new GrammarException(place, "asks for more items than it allows.");
        // From the last place to the first; what follows a place is optional as soon as there are enough.
        var rest = most - prefix.Count;
        Node after = ends || rest == 0 ? b.Empty : b.Repeat(b.Sequence(compiler.Json.Comma(), items is { } other ? compiler.Compile(other, $"{place}/items") : compiler.Json.Any), Math.Max(0, least - prefix.Count), most == RepeatNode.Unlimited ? most : rest);
        for (var at = prefix.Count - 1; at >= 0; at--)
        {
            var written = at == 0 ? b.Sequence(prefix[at], after) : b.Sequence(compiler.Json.Comma(), prefix[at], after);
            after = at >= least ? b.Optional(written) : written;
        }
        return compiler.Json.Enclosed('[', ']', after);
    }
}
