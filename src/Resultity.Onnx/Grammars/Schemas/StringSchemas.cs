using System.Text.Json;
using Resultity.Onnx.Grammars.Automata;

namespace Resultity.Onnx.Grammars.Schemas;

/// <summary>Strings: bounded in length, or by a pattern.</summary>
internal static class StringSchemas
{
    public static Node Compile(SchemaCompiler compiler, JsonElement schema, string place)
    {
        var (least, most) = (schema.Count("minLength", place) ?? 0, schema.Count("maxLength", place) ?? RepeatNode.Unlimited);
        if (least > most) throw new GrammarException(place, "has 'minLength' above 'maxLength'.");
        if (schema.Get("pattern") is not { } pattern) return least == 0 && most == RepeatNode.Unlimited ? compiler.Json.String : compiler.Json.StringOf(compiler.Json.Character, least, most);
        if (pattern.ValueKind != JsonValueKind.String) throw new GrammarException(place, "has 'pattern', which must be a string.");
        if (least > 0 || most != RepeatNode.Unlimited) throw new GrammarException(place, "has 'pattern' beside 'minLength' or 'maxLength'; put the length into the pattern.");
        return compiler.Json.Quoted(new PatternParser(compiler.Builder, pattern.GetString()!, place).Parse());
    }
}
