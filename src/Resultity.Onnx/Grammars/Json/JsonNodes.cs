using Resultity.Onnx.Grammars.Automata;

namespace Resultity.Onnx.Grammars.Json;

/// <summary>The parts of JSON (RFC 8259) that do not depend on a schema, with blanks and lengths of numbers bounded.</summary>
internal sealed class JsonNodes
{
    // Digits that every reader keeps exactly, and exponents that stay finite.
    private const int MaxDigits = 15;
    private const int MaxIndent = 20;
    private static readonly CodePoints Unescaped = CodePoints.Of((0x20, 0x21), (0x23, 0x5B), (0x5D, 0x10FFFF));
    private readonly GrammarBuilder _b;
    private readonly ReferenceNode _any;

    public JsonNodes(GrammarBuilder builder)
    {
        _b = builder;
        var newline = builder.Sequence(builder.Byte('\n'), builder.Repeat(builder.Byte(' '), 0, MaxIndent));
        Blank = builder.Choice(builder.Empty, builder.Byte(' '), newline);
        AfterColon = builder.Optional(builder.Byte(' '));
        PlainCharacter = Utf8Nodes.OneOf(builder, Unescaped);
        Character = builder.Choice(PlainCharacter, Escapes());
        String = StringOf(Character, 0, RepeatNode.Unlimited);
        Digit = builder.Bytes(ByteSet.Range((byte)'0', (byte)'9'));
        Integer = builder.Sequence(builder.Optional(builder.Byte('-')), Natural());
        Number = builder.Sequence(Integer, builder.Optional(Fraction()), builder.Optional(Exponent()));
        Boolean = builder.Choice(builder.Literal("true"), builder.Literal("false"));
        Null = builder.Literal("null");
        _any = builder.Reference(nests: true);
        AnyObject = Object(builder.Sequence(String, Colon(), _any), 0, RepeatNode.Unlimited);
        AnyArray = Array(_any, 0, RepeatNode.Unlimited);
        _any.Target = builder.Choice(AnyObject, AnyArray, String, Number, Boolean, Null);
    }

    /// <summary>What may stand after an opening bracket or a comma and before a closing bracket.</summary>
    public Node Blank { get; }

    public Node AfterColon { get; }

    /// <summary>A character of a string that needs no escape.</summary>
    public Node PlainCharacter { get; }

    /// <summary>A character of a string, escaped or not.</summary>
    public Node Character { get; }

    public Node Digit { get; }
    public Node String { get; }
    public Node Integer { get; }
    public Node Number { get; }
    public Node Boolean { get; }
    public Node Null { get; }
    public Node AnyObject { get; }
    public Node AnyArray { get; }
    public Node Any => _any;

    public Node Colon() => _b.Sequence(_b.Byte(':'), AfterColon);

    public Node Comma() => _b.Sequence(_b.Byte(','), Blank);

    public Node StringOf(Node character, int least, int most) => _b.Sequence(_b.Byte('"'), _b.Repeat(character, least, most), _b.Byte('"'));

    public Node Quoted(Node content) => _b.Sequence(_b.Byte('"'), content, _b.Byte('"'));

    /// <summary>An object of like members.</summary>
    public Node Object(Node member, int least, int most) => Enclosed('{', '}', Listed(member, least, most));

    /// <summary>An array of like items.</summary>
    public Node Array(Node item, int least, int most) => Enclosed('[', ']', Listed(item, least, most));

    /// <summary>Content between brackets, with blanks at both ends unless it is empty.</summary>
    public Node Enclosed(char open, char close, Node content) => _b.Sequence(_b.Byte(open), Blank, content, Blank, _b.Byte(close));

    private Node Listed(Node item, int least, int most)
    {
        if (most == 0) return _b.Empty;
        var rest = _b.Repeat(_b.Sequence(Comma(), item), Math.Max(0, least - 1), most == RepeatNode.Unlimited ? most : most - 1);
        var list = _b.Sequence(item, rest);
        return least == 0 ? _b.Optional(list) : list;
    }

    private Node Natural() => _b.Choice(_b.Byte('0'), _b.Sequence(_b.Bytes(ByteSet.Range((byte)'1', (byte)'9')), _b.Repeat(Digit, 0, MaxDigits - 1)));

    private Node Fraction() => _b.Sequence(_b.Byte('.'), _b.Repeat(Digit, 1, MaxDigits));

    private Node Exponent() => _b.Sequence(_b.Bytes(ByteSet.Of((byte)'e', (byte)'E')), _b.Optional(_b.Bytes(ByteSet.Of((byte)'+', (byte)'-'))), _b.Repeat(Digit, 1, 2));

    private Node Escapes()
    {
        var hex = _b.Bytes(Hex('0', 'f'));
        // A surrogate stands only in a pair; anything else would be no text.
        var low = _b.Choice(_b.Sequence(_b.Bytes(Hex('0', 'c')), hex, hex, hex), _b.Sequence(_b.Bytes(Hex('e', 'f')), hex, hex, hex), _b.Sequence(_b.Bytes(Hex('d', 'd')), _b.Bytes(Hex('0', '7')), hex, hex));
        var pair = _b.Sequence(_b.Bytes(Hex('d', 'd')), _b.Bytes(Hex('8', 'b')), hex, hex, _b.Literal("\\u"), _b.Bytes(Hex('d', 'd')), _b.Bytes(Hex('c', 'f')), hex, hex);
        return _b.Sequence(_b.Byte('\\'), _b.Choice(_b.Bytes(ByteSet.Of("\"\\/bfnrt"u8)), _b.Sequence(_b.Byte('u'), _b.Choice(low, pair))));
    }

    private static ByteSet Hex(char from, char to)
    {
        var set = default(ByteSet);
        const string Digits = "0123456789abcdef";
        for (var at = Digits.IndexOf(from, StringComparison.Ordinal); at <= Digits.IndexOf(to, StringComparison.Ordinal); at++)
        {
            set.Add((byte)Digits[at]);
            set.Add((byte)char.ToUpperInvariant(Digits[at]));
        }
        return set;
    }
}
