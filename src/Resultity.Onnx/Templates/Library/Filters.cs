using System.Globalization;
using Resultity.Onnx.Templates.Evaluation;
using Resultity.Onnx.Templates.Values;

namespace Resultity.Onnx.Templates.Library;

/// <summary>What may stand after <c>|</c>, except for what works on lists.</summary>
internal static class Filters
{
    public static Value Apply(string name, Value value, Arguments arguments, Scope scope) => name switch
    {
        "trim" => Text(name, value).Trim(Trimmed(arguments), true, true),
        "upper" => Text(name, value) is var text ? text.With(text.Text.ToUpperInvariant()) : value,
        "lower" => Text(name, value) is var text ? text.With(text.Text.ToLowerInvariant()) : value,
        "title" => Text(name, value) is var text ? text.With(TextForms.TitleWords(text.Text)) : value,
        "capitalize" => Text(name, value) is var text ? text.With(TextForms.Capitalize(text.Text)) : value,
        "replace" => TextForms.Replace(Text(name, value), arguments.Text(0, "old").Text, arguments.Text(1, "new"), arguments.Integer(2, "count", -1), scope),
        "string" => PythonText.Str(value),
        "safe" => value,
        "e" or "escape" or "forceescape" => Escape(Text(name, value), scope),
        "indent" => Indent(Text(name, value), arguments, scope),
        "tojson" => ToJson(value, arguments),
        "format" => Formatting.Percent(Text(name, value), arguments.Positional),
        "wordcount" => Value.Of((long)TextForms.Split(Text(name, value), null, -1).Count()),
        "default" or "d" => value is UndefinedValue || (arguments.Flag(1, "boolean") && !value.IsTrue) ? arguments.At(0, "default_value") ?? Value.Of("") : value,
        "int" => ToInteger(value, arguments),
        "float" => ToFloat(value, arguments),
        "abs" => value is IntegerValue integer ? Value.Of(Math.Abs(integer.Number)) : Value.Of(Math.Abs(Operations.AsNumber(value) ?? throw Wrong(name, value))),
        "round" => Round(name, value, arguments),
        "attr" => Access.Attribute(value, arguments.Text(0, "name").Text, scope),
        "length" or "count" => Value.Of(Operations.Length(value)),
        _ => ListFilters.Apply(name, value, arguments, scope),
    };

    public static TemplateException Wrong(string name, Value value) => value is UndefinedValue missing
        ? new($"'{missing.Name}' is undefined, so '{name}' cannot be used on it")
        : new($"'{name}' does not go with {value.KindName}");

    private static TextValue Text(string name, Value value) => value is UndefinedValue ? throw Wrong(name, value) : PythonText.Str(value);

    private static Func<char, bool> Trimmed(Arguments arguments) =>
        arguments.OptionalText(0, "chars")?.Text is { } characters ? character => characters.Contains(character, StringComparison.Ordinal) : char.IsWhiteSpace;

    private static TextValue Escape(TextValue text, Scope scope)
    {
        foreach (var (from, to) in new[] { ("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("'", "&#39;"), ("\"", "&#34;") })
            text = TextForms.Replace(text, from, Value.Of(to), -1, scope);
        return text;
    }

    private static TextValue Indent(TextValue text, Arguments arguments, Scope scope)
    {
        var pad = arguments.At(0, "width") is TextValue given ? given : Value.Of(new string(' ', (int)Math.Clamp(arguments.Integer(0, "width", 4), 0, 1000)));
        var (first, blank) = (arguments.Flag(1, "first"), arguments.Flag(2, "blank"));
        var builder = new MarkedTextBuilder();
        var index = 0;
        foreach (var line in TextForms.Split(text, "\n", -1).Cast<TextValue>())
        {
            scope.Budget.Length((long)builder.Length + pad.Text.Length + line.Text.Length);
            if (index > 0) builder.Append("\n");
            if ((index > 0 || first) && (blank || line.Text.Length > 0)) builder.Append(pad);
            builder.Append(line);
            index++;
        }
        return builder.ToText();
    }

    private static TextValue ToJson(Value value, Arguments arguments)
    {
        var (item, key) = arguments.At(2, "separators") is ListValue { Items: [TextValue first, TextValue second] } ? (first.Text, second.Text) : (null, ": ");
        // Two forms are in use: Hugging Face's tojson(x, ensure_ascii, indent, separators, sort_keys) and Jinja's tojson(x, indent).
        var jinjas = arguments.Positional is [IntegerValue, ..];
        var indent = jinjas ? arguments.Integer(0, "indent", -1) : arguments.Integer(1, "indent", -1);
        var text = new JsonText(indent < 0 ? null : (int)Math.Min(indent, 32), item, key, arguments.Flag(3, "sort_keys"), !jinjas && arguments.Flag(0, "ensure_ascii")).Write(value);
        return TextValue.FromOutside(text);
    }

    private static Value ToInteger(Value value, Arguments arguments) => value switch
    {
        TextValue text when long.TryParse(text.Text, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var number) => Value.Of(number),
        TextValue text when double.TryParse(text.Text, CultureInfo.InvariantCulture, out var real) && Math.Abs(real) < 9e18 => Value.Of((long)real),
        TextValue => arguments.At(0, "default") ?? Value.Of(0L),
        _ => Operations.AsNumber(value) is { } known && Math.Abs(known) < 9e18 ? value as IntegerValue ?? Value.Of((long)known) : arguments.At(0, "default") ?? Value.Of(0L),
    };

    private static Value ToFloat(Value value, Arguments arguments) => value switch
    {
        TextValue text when double.TryParse(text.Text, CultureInfo.InvariantCulture, out var real) => Value.Of(real),
        _ => Operations.AsNumber(value) is { } known ? Value.Of(known) : arguments.At(0, "default") ?? Value.Of(0.0),
    };

    private static Value Round(string name, Value value, Arguments arguments)
    {
        var number = Operations.AsNumber(value) ?? throw Wrong(name, value);
        var scale = Math.Pow(10, Math.Clamp(arguments.Integer(0, "precision", 0), -15, 15));
        return Value.Of(arguments.OptionalText(1, "method")?.Text switch
        {
            "ceil" => Math.Ceiling(number * scale) / scale,
            "floor" => Math.Floor(number * scale) / scale,
            _ => Math.Round(number * scale, MidpointRounding.ToEven) / scale,
        });
    }
}
