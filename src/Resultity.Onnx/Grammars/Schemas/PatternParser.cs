using System.Globalization;
using System.Text;
using Resultity.Onnx.Grammars.Automata;
using Resultity.Onnx.Grammars.Json;

namespace Resultity.Onnx.Grammars.Schemas;

/// <summary>
/// The regular part of ECMA-262's regular expressions: characters, classes, groups, alternatives, repetitions, and anchors at the
/// ends. A pattern that is not anchored matches anywhere, so anything may stand around it.
/// </summary>
internal sealed class PatternParser(GrammarBuilder builder, string pattern, string place)
{
    private const int MaxRepeat = 1000;
    private const int MaxDepth = 50;
    private static readonly CodePoints Raw = CodePoints.Of((0x20, 0x21), (0x23, 0x5B), (0x5D, 0x10FFFF));
    private static readonly CodePoints Digits = CodePoints.Of(('0', '9'));
    private static readonly CodePoints Words = CodePoints.Of(('0', '9'), ('A', 'Z'), ('a', 'z'), ('_', '_'));
    private static readonly CodePoints Blanks = CodePoints.Of((9, 13), (32, 32), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A), (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000), (0xFEFF, 0xFEFF));
    private static readonly CodePoints LineEnds = CodePoints.Of((10, 10), (13, 13), (0x2028, 0x2029));
    private readonly int[] _source = [.. pattern.EnumerateRunes().Select(static rune => rune.Value)];
    private int _at;
    private int _depth;

    public Node Parse()
    {
        var options = new List<Node>();
        do
        {
            var anchored = TakeIf('^');
            var body = Concatenation(top: true, out var ended);
            options.Add(builder.Sequence(anchored ? builder.Empty : Anything(), body, ended ? builder.Empty : Anything()));
        }
        while (TakeIf('|'));
        return _at == _source.Length ? builder.Choice([.. options]) : throw Unsupported("')'");
    }

    private Node Anything() => builder.Repeat(Character(CodePoints.All), 0, RepeatNode.Unlimited);

    private Node Alternatives()
    {
        if (++_depth > MaxDepth) throw Unsupported("groups nested so deep");
        var options = new List<Node>();
        do options.Add(Concatenation(top: false, out _));
        while (TakeIf('|'));
        _depth--;
        return builder.Choice([.. options]);
    }

    private Node Concatenation(bool top, out bool ended)
    {
        var parts = new List<Node>();
        ended = false;
        while (_at < _source.Length && _source[_at] is not ('|' or ')'))
        {
            if (_source[_at] == '$')
            {
                _at++;
                if (!top || (_at < _source.Length && _source[_at] != '|')) throw Unsupported("'$' within the pattern");
                ended = true;
                break;
            }
            parts.Add(Quantified(Atom()));
        }
        return builder.Sequence([.. parts]);
    }

    private Node Quantified(Node atom)
    {
        while (_at < _source.Length)
        {
            int least, most;
            if (TakeIf('*')) (least, most) = (0, RepeatNode.Unlimited);
            else if (TakeIf('+')) (least, most) = (1, RepeatNode.Unlimited);
            else if (TakeIf('?')) (least, most) = (0, 1);
            else if (_source[_at] == '{') (least, most) = Bounds();
            else return atom;
            // Lazy or not, the same texts match.
            TakeIf('?');
            if (_at < _source.Length && _source[_at] == '+') throw Unsupported("a possessive quantifier");
            atom = builder.Repeat(atom, least, most);
        }
        return atom;
    }

    private (int Least, int Most) Bounds()
    {
        var end = Array.IndexOf(_source, '}', _at);
        if (end < 0) throw Unsupported("'{' without '}'");
        var parts = string.Concat(_source[(_at + 1)..end].Select(char.ConvertFromUtf32)).Split(',');
        _at = end + 1;
        int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= MaxRepeat ? value : throw Unsupported($"the bound '{text}' (at most {MaxRepeat})");
        var least = Number(parts[0]);
        var most = parts.Length == 1 ? least : parts.Length == 2 && parts[1].Length == 0 ? RepeatNode.Unlimited : parts.Length == 2 ? Number(parts[1]) : throw Unsupported("these bounds");
        return least <= most ? (least, most) : throw Unsupported("bounds in the wrong order");
    }

    private Node Atom()
    {
        var character = _source[_at++];
        switch (character)
        {
            case '.': return Character(LineEnds.Complement());
            case '[': return Character(Class());
            case '\\': return Character(Escape(inClass: false));
            case '(':
                if (TakeIf('?'))
                {
                    if (TakeIf('<') && _at < _source.Length && _source[_at] is not ('=' or '!'))
                        _at = Array.IndexOf(_source, '>', _at) is >= 0 and var end ? end + 1 : throw Unsupported("this group");
                    else if (!TakeIf(':')) throw Unsupported("lookaround or flags");
                }
                var inner = Alternatives();
                return TakeIf(')') ? inner : throw Unsupported("'(' without ')'");
            case '^': throw Unsupported("'^' within the pattern");
            case '*' or '+' or '?': throw Unsupported("a quantifier after nothing");
            default: return Character(CodePoints.Of(character));
        }
    }

    private CodePoints Class()
    {
        var negated = TakeIf('^');
        var result = CodePoints.Of();
        while (!TakeIf(']'))
        {
            var low = ClassMember();
            if (low.Ranges is [var one] && one.Low == one.High && _at + 1 < _source.Length && _source[_at] == '-' && _source[_at + 1] != ']')
            {
                _at++;
                var high = ClassMember().Ranges is [var last] && last.Low == last.High ? last.Low : throw Unsupported("this range");
                if (high < one.Low) throw Unsupported("a range in the wrong order");
                low = CodePoints.Of((one.Low, high));
            }
            result = result.Union(low);
        }
        return negated ? result.Complement() : result;
    }

    private CodePoints ClassMember()
    {
        if (_at >= _source.Length) throw Unsupported("'[' without ']'");
        var character = _source[_at++];
        return character == '\\' ? Escape(inClass: true) : CodePoints.Of(character);
    }

    private CodePoints Escape(bool inClass)
    {
        if (_at >= _source.Length) throw Unsupported("a backslash at the end");
        var character = _source[_at++];
        switch (character)
        {
            case 'd': return Digits;
            case 'D': return Digits.Complement();
            case 'w': return Words;
            case 'W': return Words.Complement();
            case 's': return Blanks;
            case 'S': return Blanks.Complement();
            case 'n': return CodePoints.Of('\n');
            case 'r': return CodePoints.Of('\r');
            case 't': return CodePoints.Of('\t');
            case 'f': return CodePoints.Of('\f');
            case 'v': return CodePoints.Of('\v');
            case 'b' when inClass: return CodePoints.Of('\b');
            case 'x': return CodePoints.Of(Hex(2));
            case 'u': return CodePoints.Of(Hex(4));
            default:
                if (character < 128 && char.IsAsciiLetterOrDigit((char)character)) throw Unsupported($"'\\{(char)character}'");
                return CodePoints.Of(character);
        }
    }

    private int Hex(int digits)
    {
        if (_at + digits > _source.Length) throw Unsupported("an escape that is cut off");
        var text = string.Concat(_source[_at..(_at + digits)].Select(char.ConvertFromUtf32));
        _at += digits;
        return int.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) && Rune.IsValid(value) ? value : throw Unsupported("this escape");
    }

    /// <summary>A character of the set as it is written in a JSON string.</summary>
    private Node Character(CodePoints set)
    {
        var options = new List<Node>();
        var raw = set.Complement().Union(Raw.Complement()).Complement();
        if (!raw.IsEmpty) options.Add(Utf8Nodes.OneOf(builder, raw));
        foreach (var escaped in "\"\\\n\r\t\b\f")
            if (set.Contains(escaped)) options.Add(builder.Literal(JsonLiteral.Escape(escaped)));
        // Other control characters are written only where nothing else would do.
        if (options.Count == 0) options.AddRange(set.Ranges.SelectMany(static range => Enumerable.Range(range.Low, range.High - range.Low + 1)).Select(value => builder.Literal(JsonLiteral.Escape((char)value))));
        return options.Count > 0 ? builder.Choice([.. options]) : throw Unsupported("a class without characters");
    }

    private bool TakeIf(char character)
    {
        if (_at >= _source.Length || _source[_at] != character) return false;
        _at++;
        return true;
    }

    private GrammarException Unsupported(string what) => new(place, $"has the pattern '{pattern}', in which {what} is not supported.");
}
