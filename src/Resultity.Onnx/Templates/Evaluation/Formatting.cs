using System.Globalization;
using Resultity.Onnx.Templates.Values;

namespace Resultity.Onnx.Templates.Evaluation;

/// <summary>Python's percent formatting, of the kinds that templates use: %s, %d, %f, %r, %%, with width and precision.</summary>
internal static class Formatting
{
    public static TextValue Percent(TextValue format, IReadOnlyList<Value> values)
    {
        var builder = new MarkedTextBuilder();
        var text = format.Text;
        var used = 0;
        for (var at = 0; at < text.Length;)
        {
            var mark = text.IndexOf('%', at);
            if (mark < 0) mark = text.Length;
            if (mark > at) builder.Append(format.Slice(at, mark - at));
            if (mark == text.Length) break;
            at = mark + 1;
            var start = at;
            while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] is '.' or '-')) at++;
            if (at == text.Length) throw new TemplateException("a format ends in '%'");
            var kind = text[at];
            if (kind == '%') builder.Append("%");
            else builder.Append(One(kind, text[start..at], used < values.Count ? values[used++] : throw new TemplateException("a format has more places than values")));
            at++;
        }
        return builder.ToText();
    }

    private static TextValue One(char kind, string options, Value value)
    {
        var left = options.StartsWith('-');
        var parts = options.TrimStart('-').Split('.');
        var zeros = parts[0].StartsWith('0');
        if (!int.TryParse(parts[0].Length == 0 ? "0" : parts[0], CultureInfo.InvariantCulture, out var width) || width > 1000
            || !int.TryParse(parts.Length < 2 || parts[1].Length == 0 ? "6" : parts[1], CultureInfo.InvariantCulture, out var precision) || precision > 100)
            throw new TemplateException($"the format '%{options}{kind}' is not supported");
        var result = kind switch
        {
            's' => PythonText.Str(value),
            'r' => Value.Of(PythonText.Repr(value)),
            'd' or 'i' when Operations.AsNumber(value) is { } number => Value.Of(((long)number).ToString(CultureInfo.InvariantCulture)),
            'f' when Operations.AsNumber(value) is { } number => Value.Of(number.ToString("F" + precision, CultureInfo.InvariantCulture)),
            _ => throw new TemplateException($"the format '%{options}{kind}' does not go with {value.KindName}"),
        };
        if (result.Text.Length >= width) return result;
        var padding = Value.Of(new string(zeros && !left && kind != 's' ? '0' : ' ', width - result.Text.Length));
        return left ? TextValue.Concat(result, padding) : TextValue.Concat(padding, result);
    }
}
