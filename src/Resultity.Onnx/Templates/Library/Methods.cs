using Resultity.Onnx.Templates.Evaluation;
using Resultity.Onnx.Templates.Values;

namespace Resultity.Onnx.Templates.Library;

/// <summary>The methods of Python's str, dict and list that do not change their owner.</summary>
internal static class Methods
{
    public static Value? Find(Value owner, string name, Scope scope)
    {
        Func<Arguments, Value>? call = owner switch
        {
            TextValue text => OfText(text, name, scope),
            MapValue map => OfMap(map, name),
            ListValue list => OfList(list, name),
            _ => null,
        };
        return call is null ? null : new CallableValue(name, call);
    }

    private static Func<Arguments, Value>? OfMap(MapValue map, string name) => name switch
    {
        "items" => _ => Value.Of(map.Entries.Select(entry => new ListValue([map.Key(entry.Key), entry.Value], tuple: true))),
        "keys" => _ => Value.Of(map.Keys),
        "values" => _ => Value.Of(map.Entries.Values),
        "get" => arguments => arguments.Required(0, "key") is TextValue key && map.Entries.TryGetValue(key.Text, out var value) ? value : arguments.At(1, "default") ?? Value.None,
        "copy" => _ => map,
        _ => null,
    };

    private static Func<Arguments, Value>? OfList(ListValue list, string name) => name switch
    {
        "index" => arguments => Array.FindIndex(list.Items, item => Operations.AreEqual(item, arguments.Required(0, "value"))) is >= 0 and var at ? Value.Of((long)at) : throw new TemplateException("the value is not in the list"),
        "count" => arguments => Value.Of((long)list.Items.Count(item => Operations.AreEqual(item, arguments.Required(0, "value")))),
        "copy" => _ => list,
        "append" or "extend" or "insert" or "pop" or "remove" or "sort" or "reverse" or "clear" => _ => throw new TemplateException($"a template may not change a list ('{name}')"),
        _ => null,
    };

    private static Func<Arguments, Value>? OfText(TextValue text, string name, Scope scope) => name switch
    {
        "strip" => arguments => Strip(text, arguments, true, true),
        "lstrip" => arguments => Strip(text, arguments, true, false),
        "rstrip" => arguments => Strip(text, arguments, false, true),
        "upper" => _ => text.With(text.Text.ToUpperInvariant()),
        "lower" => _ => text.With(text.Text.ToLowerInvariant()),
        "title" => _ => text.With(TextForms.Title(text.Text)),
        "capitalize" => _ => text.With(TextForms.Capitalize(text.Text)),
        "startswith" => arguments => Value.Of(Any(arguments, (whole, part) => whole.StartsWith(part, StringComparison.Ordinal), text)),
        "endswith" => arguments => Value.Of(Any(arguments, (whole, part) => whole.EndsWith(part, StringComparison.Ordinal), text)),
        "removeprefix" => arguments => arguments.Text(0, "prefix").Text is var prefix && text.Text.StartsWith(prefix, StringComparison.Ordinal) ? text.Slice(prefix.Length, text.Text.Length - prefix.Length) : text,
        "removesuffix" => arguments => arguments.Text(0, "suffix").Text is var suffix && text.Text.EndsWith(suffix, StringComparison.Ordinal) ? text.Slice(0, text.Text.Length - suffix.Length) : text,
        "replace" => arguments => TextForms.Replace(text, arguments.Text(0, "old").Text, arguments.Text(1, "new"), arguments.Integer(2, "count", -1), scope),
        "split" => arguments => Bounded(TextForms.Split(text, arguments.OptionalText(0, "sep")?.Text, arguments.Integer(1, "maxsplit", -1)), scope),
        "rsplit" => arguments => Bounded(TextForms.SplitRight(text, arguments.OptionalText(0, "sep")?.Text, arguments.Integer(1, "maxsplit", -1)), scope),
        "splitlines" => _ => Bounded(TextForms.Lines(text), scope),
        "join" => arguments => TextForms.Join(Operations.Iterate(arguments.Required(0, "iterable")).Select(static item => item as TextValue ?? throw new TemplateException($"'join' needs strings, not {item.KindName}")), text, scope),
        "find" => arguments => Value.Of((long)text.Text.IndexOf(arguments.Text(0, "sub").Text, StringComparison.Ordinal)),
        "rfind" => arguments => Value.Of((long)text.Text.LastIndexOf(arguments.Text(0, "sub").Text, StringComparison.Ordinal)),
        "index" => arguments => text.Text.IndexOf(arguments.Text(0, "sub").Text, StringComparison.Ordinal) is >= 0 and var at ? Value.Of((long)at) : throw new TemplateException("the substring is not in the text"),
        "count" => arguments => Value.Of((long)TextForms.Count(text.Text, arguments.Text(0, "sub").Text)),
        "isdigit" or "isnumeric" or "isdecimal" => _ => Value.Of(text.IsTrue && text.Text.All(char.IsDigit)),
        "isalpha" => _ => Value.Of(text.IsTrue && text.Text.All(char.IsLetter)),
        "isalnum" => _ => Value.Of(text.IsTrue && text.Text.All(char.IsLetterOrDigit)),
        "isspace" => _ => Value.Of(text.IsTrue && text.Text.All(char.IsWhiteSpace)),
        "isupper" => _ => Value.Of(ValueTests.Holds("upper", text, Arguments.Of(name))),
        "islower" => _ => Value.Of(ValueTests.Holds("lower", text, Arguments.Of(name))),
        _ => null,
    };

    private static ListValue Bounded(IEnumerable<Value> items, Scope scope)
    {
        var result = new List<Value>();
        foreach (var item in items)
        {
            scope.Budget.Items(result.Count + 1L);
            result.Add(item);
        }
        return Value.Of(result);
    }

    private static TextValue Strip(TextValue text, Arguments arguments, bool left, bool right)
    {
        var characters = arguments.OptionalText(0, "chars")?.Text;
        return text.Trim(characters is null ? char.IsWhiteSpace : character => characters.Contains(character, StringComparison.Ordinal), left, right);
    }

    private static bool Any(Arguments arguments, Func<string, string, bool> holds, TextValue text) => arguments.Required(0, "prefix") switch
    {
        ListValue { IsTuple: true } several => several.Items.Any(item => item is TextValue part && holds(text.Text, part.Text)),
        _ => holds(text.Text, arguments.Text(0, "prefix").Text),
    };
}
