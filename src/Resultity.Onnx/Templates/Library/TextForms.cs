using Resultity.Onnx.Templates.Evaluation;
using Resultity.Onnx.Templates.Values;

namespace Resultity.Onnx.Templates.Library;

/// <summary>Text operations that filters and methods share; all keep the marks of what came from outside.</summary>
internal static class TextForms
{
    public static TextValue Replace(TextValue text, string old, TextValue replacement, long limit, Scope scope)
    {
        var count = old.Length == 0 ? text.Text.Length + 1L : Count(text.Text, old);
        if (limit >= 0) count = Math.Min(count, limit);
        scope.Budget.Length(text.Text.Length + (count * ((long)replacement.Text.Length - old.Length)));
        scope.Budget.Step(count);
        return text.Replace(old, replacement, limit);
    }

    public static int Count(string text, string part)
    {
        if (part.Length == 0) return text.Length + 1;
        return text.AsSpan().Count(part);
    }

    public static TextValue Join(IEnumerable<TextValue> items, TextValue separator, Scope scope)
    {
        var builder = new MarkedTextBuilder();
        var first = true;
        foreach (var item in items)
        {
            scope.Budget.Length((long)builder.Length + separator.Text.Length + item.Text.Length);
            if (!first) builder.Append(separator);
            first = false;
            builder.Append(item);
        }
        return builder.ToText();
    }

    public static IEnumerable<Value> Split(TextValue text, string? separator, long limit)
    {
        if (separator is null) return Words(text, limit);
        if (separator.Length == 0) throw new TemplateException("'split' needs a separator that is not empty");
        return Parts(text, separator, limit);
    }

    public static IEnumerable<Value> SplitRight(TextValue text, string? separator, long limit)
    {
        if (limit < 0 || separator is not { Length: > 0 }) return Split(text, separator, limit);
        var parts = new List<Value>();
        var end = text.Text.Length;
        while (limit-- > 0 && end > 0 && text.Text.LastIndexOf(separator, end - 1, StringComparison.Ordinal) is >= 0 and var at)
        {
            parts.Insert(0, text.Slice(at + separator.Length, end - at - separator.Length));
            end = at;
        }
        parts.Insert(0, text.Slice(0, end));
        return parts;
    }

    public static IEnumerable<Value> Lines(TextValue text)
    {
        var start = 0;
        while (start < text.Text.Length)
        {
            var at = text.Text.IndexOfAny(['\n', '\r'], start);
            if (at < 0) at = text.Text.Length;
            yield return text.Slice(start, at - start);
            start = at + (string.CompareOrdinal(text.Text, at, "\r\n", 0, 2) == 0 ? 2 : 1);
        }
    }

    public static string Capitalize(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..].ToLowerInvariant();

    /// <summary>Python's str.title: a word begins after anything that is no letter.</summary>
    public static string Title(string text) => Title(text, static before => !char.IsLetter(before));

    /// <summary>Jinja's filter: a word begins after blanks, hyphens and opening brackets only.</summary>
    public static string TitleWords(string text) => Title(text, static before => char.IsWhiteSpace(before) || before is '-' or '(' or '{' or '[' or '<');

    private static string Title(string text, Func<char, bool> begins) => string.Create(text.Length, (text, begins), static (output, source) =>
    {
        for (var i = 0; i < source.text.Length; i++)
            output[i] = i == 0 || source.begins(source.text[i - 1]) ? char.ToUpperInvariant(source.text[i]) : char.ToLowerInvariant(source.text[i]);
    });

    private static IEnumerable<Value> Parts(TextValue text, string separator, long limit)
    {
        var start = 0;
        while (limit-- != 0 && text.Text.IndexOf(separator, start, StringComparison.Ordinal) is >= 0 and var at)
        {
            yield return text.Slice(start, at - start);
            start = at + separator.Length;
        }
        yield return text.Slice(start, text.Text.Length - start);
    }

    private static IEnumerable<Value> Words(TextValue text, long limit)
    {
        var at = 0;
        while (true)
        {
            while (at < text.Text.Length && char.IsWhiteSpace(text.Text[at])) at++;
            if (at == text.Text.Length) yield break;
            if (limit-- == 0)
            {
                yield return text.Slice(at, text.Text.Length - at).Trim(char.IsWhiteSpace, false, true);
                yield break;
            }
            var start = at;
            while (at < text.Text.Length && !char.IsWhiteSpace(text.Text[at])) at++;
            yield return text.Slice(start, at - start);
        }
    }
}
