using System.Globalization;
using System.Text;

namespace Resultity.Onnx.Templates.Values;

/// <summary>Python's <c>json.dumps(…, ensure_ascii=False)</c>, which models were trained on: a space after commas and colons.</summary>
/// <param name="indent">Spaces per level, or null for one line.</param>
/// <param name="itemSeparator">Between items.</param>
/// <param name="keySeparator">Between key and value.</param>
/// <param name="sortKeys">Whether members are ordered by name.</param>
/// <param name="ascii">Whether other characters are escaped.</param>
internal sealed class JsonText(int? indent = null, string? itemSeparator = null, string keySeparator = ": ", bool sortKeys = false, bool ascii = false)
{
    private const int MaxDepth = 100;
    private readonly StringBuilder _output = new();
    private readonly string _itemSeparator = itemSeparator ?? (indent is null ? ", " : ",");

    public string Write(Value value)
    {
        Write(value, 0);
        return _output.ToString();
    }

    private void Write(Value value, int depth)
    {
        if (depth > MaxDepth) throw new TemplateException("the value is nested too deep for tojson");
        switch (value)
        {
            case NoneValue: _output.Append("null"); break;
            case BooleanValue: _output.Append(value.IsTrue ? "true" : "false"); break;
            case IntegerValue integer: _output.Append(integer.Number); break;
            case FloatValue real: _output.Append(double.IsFinite(real.Number) ? PythonText.Float(real.Number) : double.IsNaN(real.Number) ? "NaN" : real.Number > 0 ? "Infinity" : "-Infinity"); break;
            case TextValue text: Quote(text.Text); break;
            case ListValue list: WriteList(list, depth); break;
            case MapValue map: WriteMap(map, depth); break;
            default: throw new TemplateException($"tojson cannot write a value of kind {value.KindName}");
        }
    }

    private void WriteList(ListValue list, int depth)
    {
        _output.Append('[');
        for (var i = 0; i < list.Items.Length; i++)
        {
            if (i > 0) _output.Append(_itemSeparator);
            NewLine(depth + 1);
            Write(list.Items[i], depth + 1);
        }
        if (list.Items.Length > 0) NewLine(depth);
        _output.Append(']');
    }

    private void WriteMap(MapValue map, int depth)
    {
        _output.Append('{');
        var first = true;
        foreach (var (key, item) in sortKeys ? map.Entries.OrderBy(static entry => entry.Key, StringComparer.Ordinal) : map.Entries.AsEnumerable())
        {
            if (!first) _output.Append(_itemSeparator);
            first = false;
            NewLine(depth + 1);
            Quote(key);
            _output.Append(keySeparator);
            Write(item, depth + 1);
        }
        if (!first) NewLine(depth);
        _output.Append('}');
    }

    private void NewLine(int depth)
    {
        if (indent is { } width) _output.Append('\n').Append(' ', width * depth);
    }

    private void Quote(string text)
    {
        _output.Append('"');
        foreach (var character in text)
        {
            switch (character)
            {
                case '"': _output.Append("\\\""); break;
                case '\\': _output.Append(@"\\"); break;
                case '\n': _output.Append(@"\n"); break;
                case '\r': _output.Append(@"\r"); break;
                case '\t': _output.Append(@"\t"); break;
                case '\b': _output.Append(@"\b"); break;
                case '\f': _output.Append(@"\f"); break;
                default:
                    if (character < ' ' || (ascii && character > '~')) _output.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}");
                    else _output.Append(character);
                    break;
            }
        }
        _output.Append('"');
    }
}
