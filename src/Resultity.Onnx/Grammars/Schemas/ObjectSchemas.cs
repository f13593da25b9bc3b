using System.Text.Json;
using Resultity.Onnx.Grammars.Automata;
using Resultity.Onnx.Grammars.Json;

namespace Resultity.Onnx.Grammars.Schemas;

/// <summary>Objects: declared properties in the schema's order, optional ones left out or not, then further ones if a schema is given for them.</summary>
internal static class ObjectSchemas
{
    private const int MaxProperties = 1000;
    private static readonly CodePoints Plain = CodePoints.Of((0x20, 0x21), (0x23, 0x5B), (0x5D, 0x10FFFF));

    public static Node Compile(SchemaCompiler compiler, JsonElement schema, string place)
    {
        var required = schema.Names("required", place);
        var additional = schema.Get("additionalProperties") ?? schema.Get("unevaluatedProperties");
        var (least, most) = (schema.Count("minProperties", place) ?? 0, schema.Count("maxProperties", place) ?? RepeatNode.Unlimited);
        if (least > most) throw new GrammarException(place, "has 'minProperties' above 'maxProperties'.");
        var members = Members(compiler, schema, required, additional, place);
        var further = additional is { ValueKind: JsonValueKind.Object } or { ValueKind: JsonValueKind.True } || (additional is null && members.Count == 0);
        if (members.Count == 0)
        {
            if (!further) return least == 0 ? compiler.Builder.Choice(compiler.Builder.Literal("{}")) : throw new GrammarException(place, "asks for properties and allows none.");
            return compiler.Json.Object(Further(compiler, additional, [], place), least, most);
        }
        if (least > required.Count || most < members.Count) throw new GrammarException(place, "has 'minProperties' or 'maxProperties' beside 'properties', which is not supported.");
        // Where any other property is allowed none is written, which is allowed as well.
        var tail = additional is { ValueKind: JsonValueKind.Object } && most == RepeatNode.Unlimited ? Further(compiler, additional, members.Select(static member => member.Name), place) : null;
        return compiler.Json.Enclosed('{', '}', Listed(compiler, members, tail));
    }

    private static List<(string Name, Node Member, bool Required)> Members(SchemaCompiler compiler, JsonElement schema, HashSet<string> required, JsonElement? additional, string place)
    {
        var result = new List<(string, Node, bool)>();
        if (schema.Get("properties") is { } properties)
        {
            if (properties.ValueKind != JsonValueKind.Object) throw new GrammarException(place, "has 'properties', which must be an object.");
            foreach (var property in properties.EnumerateObject())
            {
                var optional = !required.Contains(property.Name);
                // A property that can have no value is simply left out.
                if (property.Value.ValueKind == JsonValueKind.False && optional) continue;
                result.Add((property.Name, Member(compiler, property.Name, compiler.Compile(property.Value, $"{place}/properties/{property.Name}")), !optional));
            }
        }
        foreach (var name in required.Where(name => result.All(member => member.Item1 != name)))
        {
            if (additional?.ValueKind == JsonValueKind.False) throw new GrammarException(place, $"requires '{name}', which is none of its properties.");
            result.Add((name, Member(compiler, name, additional is { } schemaOfOthers ? compiler.Compile(schemaOfOthers, $"{place}/additionalProperties") : compiler.Json.Any), true));
        }
        return result.Count <= MaxProperties ? result : throw new GrammarException(place, $"has more than {MaxProperties} properties.");
    }

    private static Node Member(SchemaCompiler compiler, string name, Node value) => compiler.Builder.Sequence(compiler.Builder.Literal(JsonLiteral.Quote(name)), compiler.Json.Colon(), value);

    /// <summary>From the last member to the first, once with something written before and once without.</summary>
    private static Node Listed(SchemaCompiler compiler, List<(string Name, Node Member, bool Required)> members, Node? further)
    {
        var b = compiler.Builder;
        Node after = further is null ? b.Empty : b.Repeat(b.Sequence(compiler.Json.Comma(), further), 0, RepeatNode.Unlimited);
        Node first = further is null ? b.Empty : b.Optional(b.Sequence(further, after));
        for (var at = members.Count - 1; at >= 0; at--)
        {
            var (_, member, required) = members[at];
            var written = b.Sequence(compiler.Json.Comma(), member, after);
            var begun = b.Sequence(member, after);
            (first, after) = required ? (begun, written) : (b.Choice(begun, first), b.Choice(written, after));
        }
        return first;
    }

    private static Node Further(SchemaCompiler compiler, JsonElement? additional, IEnumerable<string> declared, string place)
    {
        var value = additional is { } schema ? compiler.Compile(schema, $"{place}/additionalProperties") : compiler.Json.Any;
        return compiler.Builder.Sequence(OtherName(compiler, [.. declared]), compiler.Json.Colon(), value);
    }

    /// <summary>Any name but the declared ones, whose values have schemas of their own. Without escapes, so that no name has two spellings.</summary>
    private static Node OtherName(SchemaCompiler compiler, List<string> declared)
    {
        var b = compiler.Builder;
        var free = b.Sequence(b.Repeat(compiler.Json.PlainCharacter, 0, RepeatNode.Unlimited), b.Byte('"'));
        Node Rest(List<int[]> names, int at)
        {
            if (names.Count == 0) return free;
            var branches = names.Where(name => name.Length > at).GroupBy(name => name[at]).ToList();
            var options = branches.Select(branch => b.Sequence(Utf8Nodes.OneOf(b, CodePoints.Of(branch.Key)), Rest([.. branch], at + 1))).ToList();
            options.Add(b.Sequence(Utf8Nodes.OneOf(b, Plain.Except(CodePoints.Of(branches.Select(static branch => (branch.Key, branch.Key))))), free));
            if (names.TrueForAll(name => name.Length > at)) options.Add(b.Byte('"'));
            return b.Choice([.. options]);
        }
        return b.Sequence(b.Byte('"'), Rest([.. declared.Select(static name => name.EnumerateRunes().Select(static rune => rune.Value).ToArray()).Where(static name => name.All(Plain.Contains))], 0));
    }
}
