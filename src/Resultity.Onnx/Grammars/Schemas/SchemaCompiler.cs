using System.Text.Json;
using Resultity.Onnx.Grammars.Automata;
using Resultity.Onnx.Grammars.Json;

namespace Resultity.Onnx.Grammars.Schemas;

/// <summary>Makes a grammar of a JSON schema (draft 2020-12, the parts that structured output uses).</summary>
internal sealed class SchemaCompiler
{
    private const int MaxDepth = 64;
    private const int MaxLiterals = 10_000;
    private readonly GrammarBuilder _builder;
    private readonly JsonNodes _json;
    private readonly JsonElement _root;
    private readonly Dictionary<string, ReferenceNode> _references = new(StringComparer.Ordinal);
    private readonly SchemaMerging _merging;
    private int _depth;
    private int _literals;

    public SchemaCompiler(GrammarBuilder builder, JsonElement root, JsonNodes? json = null)
    {
        (_builder, _root, _json) = (builder, root, json ?? new JsonNodes(builder));
        _merging = new SchemaMerging(root);
    }

    public GrammarBuilder Builder => _builder;

    public JsonNodes Json => _json;

    public Node Compile()
    {
        try
        {
            return Compile(_root, "#");
        }
        catch (Exception error) when (error is InvalidOperationException or FormatException or JsonException)
        {
            throw new GrammarException($"The schema is broken: {error.Message}", error);
        }
    }

    public Node Compile(JsonElement schema, string place)
    {
        if (schema.ValueKind == JsonValueKind.True) return _json.Any;
        if (schema.ValueKind == JsonValueKind.False) throw new GrammarException(place, "allows nothing.");
        if (schema.ValueKind != JsonValueKind.Object) throw new GrammarException(place, "must be an object, true or false.");
        if (++_depth > MaxDepth) throw new GrammarException(place, "is nested too deep.");
        Keywords.Check(schema, place);
        var result = Dispatch(schema, place);
        _depth--;
        return result;
    }

    private Node Dispatch(JsonElement schema, string place)
    {
        if (schema.Get("$ref") is { } reference)
        {
            if (reference.ValueKind != JsonValueKind.String) throw new GrammarException(place, "has '$ref', which must be a string.");
            if (!schema.EnumerateObject().Any(static member => member.Name != "$ref" && Keywords.Asserts(member.Name))) return Reference(reference.GetString()!, place);
            return Compile(_merging.Merge([schema], place), place);
        }
        if (schema.Get("allOf") is not null) return Compile(_merging.Merge([schema], place), place);
        if (schema.Get("const") is { } constant) return Literals([constant], schema, place);
        if (schema.Get("enum") is { } values)
        {
            if (values.ValueKind != JsonValueKind.Array || values.GetArrayLength() == 0) throw new GrammarException(place, "has 'enum', which must be a list of at least one value.");
            return Literals([.. values.EnumerateArray()], schema, place);
        }
        if (schema.Get("anyOf") is not null) return Alternatives(schema, "anyOf", place);
        if (schema.Get("oneOf") is not null)
        {
            Disjointness.Check(_root, schema.Schemas("oneOf", place), place);
            return Alternatives(schema, "oneOf", place);
        }
        return schema.Types(place) is { } types ? _builder.Choice([.. types.Select(type => OfType(type, schema, place))]) : _json.Any;
    }

    private Node OfType(string type, JsonElement schema, string place) => type switch
    {
        "object" => ObjectSchemas.Compile(this, schema, place),
        "array" => ArraySchemas.Compile(this, schema, place),
        "string" => StringSchemas.Compile(this, schema, place),
        "integer" => NumberSchemas.Compile(this, schema, place, whole: true),
        "number" => NumberSchemas.Compile(this, schema, place, whole: false),
        "boolean" => _json.Boolean,
        _ => _json.Null,
    };

    private ReferenceNode Reference(string reference, string place)
    {
        if (_references.TryGetValue(reference, out var known)) return known;
        var node = _builder.Reference(nests: true);
        _references[reference] = node;
        node.Target = Compile(SchemaPointer.Resolve(_root, reference, place), reference);
        return node;
    }

    private Node Alternatives(JsonElement schema, string keyword, string place)
    {
        var beside = SchemaMerging.Without(schema, keyword);
        var restricted = beside.EnumerateObject().Any(static member => Keywords.Asserts(member.Name));
        return _builder.Choice([.. schema.Schemas(keyword, place).Select((option, at) =>
            Compile(restricted ? _merging.Merge([option, beside], $"{place}/{keyword}/{at}") : option, $"{place}/{keyword}/{at}"))]);
    }

    private Node Literals(IReadOnlyList<JsonElement> values, JsonElement schema, string place)
    {
        if ((_literals += values.Count) > MaxLiterals) throw new GrammarException(place, $"has more than {MaxLiterals} values in its enums.");
        var options = values.Where(value => LiteralRules.Keeps(value, schema, place)).Select(value => _builder.Literal(JsonLiteral.Write(value))).ToArray();
        return options.Length > 0 ? _builder.Choice(options) : throw new GrammarException(place, "has no value in 'enum' or 'const' that keeps its other keywords.");
    }
}
