using System.Globalization;
using System.Text;

namespace Resultity.Onnx.Templates.Values;

/// <summary>Values as Python writes them: <c>str()</c>, <c>repr()</c> and <c>json.dumps()</c>.</summary>
internal static class PythonText
{
    private const int MaxDepth = 100;

    /// <summary>What printing gives; text keeps its marks.</summary>
    public static TextValue Str(Value value) => value switch
    {
        TextValue text => text,
        UndefinedValue => Value.Of(""),
        ListValue or MapValue => TextValue.FromOutside(Repr(value)),
        _ => Value.Of(Repr(value)),
    };

    public static string Repr(Value value)
    {
        var output = new StringBuilder();
        Repr(value, output, 0);
        return output.ToString();
    }

    public static string Float(double number)
    {
        if (double.IsNaN(number)) return "nan";
        if (double.IsInfinity(number)) return number > 0 ? "inf" : "-inf";
        var text = number.ToString("R", CultureInfo.InvariantCulture);
        var mark = text.IndexOf('E', StringComparison.Ordinal);
        if (mark < 0) return text.Contains('.', StringComparison.Ordinal) ? text : text + ".0";
        var exponent = int.Parse(text.AsSpan(mark + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        // Python turns to exponents at 1e16 and below 1e-4; the runtime's limits are 1e15 and 1e-5.
        if (exponent is < 16 and > 0) return number.ToString("F1", CultureInfo.InvariantCulture);
        return $"{text[..mark]}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}";
    }

    private static void Repr(Value value, StringBuilder output, int depth)
    {
        if (depth > MaxDepth) throw new TemplateException("the value is nested too deep to print");
        switch (value)
        {
            case NoneValue: output.Append("None"); break;
            case BooleanValue: output.Append(value.IsTrue ? "True" : "False"); break;
            case IntegerValue integer: output.Append(integer.Number); break;
            case FloatValue real: output.Append(Float(real.Number)); break;
            case TextValue text: Quote(text.Text, output); break;
            case ListValue list:
                output.Append(list.IsTuple ? '(' : '[');
                for (var i = 0; i < list.Items.Length; i++)
                {
                    if (i > 0) output.Append(", ");
                    Repr(list.Items[i], output, depth + 1);
                }
                output.Append(list.IsTuple ? list.Items.Length == 1 ? ",)" : ")" : "]");
                break;
            case MapValue map:
                output.Append('{');
                var first = true;
                foreach (var (key, item) in map.Entries)
                {
                    if (!first) output.Append(", ");
                    first = false;
                    Quote(key, output);
                    output.Append(": ");
                    Repr(item, output, depth + 1);
                }
                output.Append('}');
                break;
            case UndefinedValue: output.Append("Undefined"); break;
            default: output.Append('<').Append(value.KindName).Append('>'); break;
        }
    }

    private static void Quote(string text, StringBuilder output)
    {
        var quote = text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        output.Append(quote);
        foreach (var character in text)
        {
            switch (character)
            {
                case '\\': output.Append(@"\\"); break;
                case '\n': output.Append(@"\n"); break;
                case '\r': output.Append(@"\r"); break;
                case '\t': output.Append(@"\t"); break;
                case < ' ' or '\x7f': output.Append(CultureInfo.InvariantCulture, $"\\x{(int)character:x2}"); break;
                default:
                    if (character == quote) output.Append('\\');
                    output.Append(character);
                    break;
            }
        }
        output.Append(quote);
    }
}
