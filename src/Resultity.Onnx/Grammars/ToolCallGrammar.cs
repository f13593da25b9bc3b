using System.Text;
using System.Text.Json;
using Resultity.Onnx.Grammars.Automata;
using Resultity.Onnx.Grammars.Json;
using Resultity.Onnx.Grammars.Schemas;
using Resultity.Onnx.Templates;

namespace Resultity.Onnx.Grammars;

/// <summary>Answers with tool calls: each in the model's own format, with a known name and arguments that follow their schema.</summary>
public sealed class ToolCallGrammar
{
    private const int MaxCalls = 64;
    private readonly GrammarBuilder _b = new();
    private readonly JsonNodes _json;
    private readonly ToolCallFormat _format;

    private ToolCallGrammar(ToolCallFormat format) => (_format, _json) = (format, new JsonNodes(_b));

    /// <summary>One call or, if <paramref name="parallel"/>, several, and nothing else.</summary>
    /// <exception cref="GrammarException">The schema of a strict function cannot be followed.</exception>
    public static Grammar Required(ToolCallFormat format, IReadOnlyList<ToolSignature> tools, bool parallel)
    {
        var grammar = new ToolCallGrammar(format);
        return grammar._b.Build(grammar.Calls(tools, parallel));
    }

    /// <summary>Text, then calls if the model begins one; or only one of both.</summary>
    /// <param name="format">How calls are written.</param>
    /// <param name="tools">What may be called.</param>
    /// <param name="parallel">Whether several calls may follow each other.</param>
    /// <exception cref="GrammarException">The schema of a strict function cannot be followed.</exception>
    public static Grammar Optional(ToolCallFormat format, IReadOnlyList<ToolSignature> tools, bool parallel)
    {
        var grammar = new ToolCallGrammar(format);
        return grammar._b.Build(grammar.TextThenCalls(tools, parallel));
    }

    /// <summary>Calls, or a JSON value instead.</summary>
    /// <param name="format">How calls are written.</param>
    /// <param name="tools">What may be called.</param>
    /// <param name="parallel">Whether several calls may follow each other.</param>
    /// <param name="schema">The value's schema, or null for any object.</param>
    /// <exception cref="GrammarException">A schema cannot be followed.</exception>
    public static Grammar OrJson(ToolCallFormat format, IReadOnlyList<ToolSignature> tools, bool parallel, JsonElement? schema)
    {
        var grammar = new ToolCallGrammar(format);
        var value = schema is { } found ? new SchemaCompiler(grammar._b, found, grammar._json).Compile() : grammar._json.AnyObject;
        return grammar._b.Build(grammar._b.Choice(grammar.Calls(tools, parallel), value));
    }

    private Node Calls(IReadOnlyList<ToolSignature> tools, bool parallel) => _b.Sequence(_b.Literal(_format.Open), AfterOpen(tools, parallel));

    private Node AfterOpen(IReadOnlyList<ToolSignature> tools, bool parallel)
    {
        var call = _b.Choice([.. tools.Select(Call)]);
        var more = parallel && _format.Open.Length > 0 ? MaxCalls - 1 : 0;
        if (_format.IsList)
            return _b.Sequence(_b.Literal(_format.BeforeCall), call, _b.Repeat(_b.Sequence(_b.Literal(", "), call), 0, more), _b.Literal(_format.AfterCall + _format.Close));
        var one = _b.Sequence(_b.Literal(_format.BeforeCall), call, _b.Literal(_format.AfterCall + _format.Close));
        return _b.Sequence(one, _b.Repeat(_b.Sequence(_b.Literal("\n" + _format.Open), one), 0, more));
    }

    private Node Call(ToolSignature tool) => _b.Sequence(
        _b.Literal($"{{\"name\": {JsonLiteral.Quote(tool.Name)}, \"{_format.ArgumentsKey}\": "), Arguments(tool), _b.Literal("}"));

    private Node Arguments(ToolSignature tool)
    {
        if (tool.Parameters is not { } schema) return _json.AnyObject;
        try
        {
            if (schema.ValueKind == JsonValueKind.Object) Keywords.Check(schema, "#");
            // A schema without a type still describes an object: arguments are nothing else.
            return schema.ValueKind == JsonValueKind.Object && !schema.EnumerateObject().Any(static member => Keywords.Asserts(member.Name))
                ? _json.AnyObject
                : new SchemaCompiler(_b, schema, _json).Compile();
        }
        catch (GrammarException error)
        {
            return tool.Strict ? throw new GrammarException($"Function '{tool.Name}': {error.Message}", error) : _json.AnyObject;
        }
    }

    /// <summary>Any text in which the opening mark does not occur, until it does: the matching automaton of Knuth, Morris and Pratt.</summary>
    private Node TextThenCalls(IReadOnlyList<ToolSignature> tools, bool parallel)
    {
        var calls = AfterOpen(tools, parallel);
        if (_format.Open.Length == 0)
        {
            var text = _b.Sequence(_b.Bytes(ByteSet.AllBut("{ \n\r\t"u8)), _b.Repeat(_b.Bytes(ByteSet.AllBut()), 0, RepeatNode.Unlimited));
            return _b.Choice(calls, text, _b.Empty);
        }
        var mark = Encoding.UTF8.GetBytes(_format.Open);
        var places = mark.Select(_ => _b.Reference(nests: false)).ToArray();
        var fallback = 0;
        for (var matched = 0; matched < mark.Length; matched++)
        {
            var targets = Enumerable.Range(0, 256).GroupBy(value => value == mark[matched] ? matched + 1 : matched == 0 ? 0 : Next(mark, fallback, (byte)value));
            places[matched].Target = _b.Choice([_b.Empty, .. targets.Select(group =>
                _b.Sequence(_b.Bytes(ByteSet.Of([.. group.Select(static value => (byte)value)])), group.Key == mark.Length ? calls : places[group.Key]))]);
            if (matched > 0) fallback = Next(mark, fallback, mark[matched]);
        }
        return places[0];
    }

    private static int Next(byte[] mark, int matched, byte value)
    {
        for (; ; )
        {
            if (mark[matched] == value) return matched + 1;
            if (matched == 0) return 0;
            // The mark is short, so the longest border is looked for afresh.
            var border = matched - 1;
            while (border > 0 && !mark.AsSpan(0, border).SequenceEqual(mark.AsSpan(matched - border, border))) border--;
            matched = border;
        }
    }
}
