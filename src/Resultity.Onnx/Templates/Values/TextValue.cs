using Resultity.Onnx.Tokenizers;

namespace Resultity.Onnx.Templates.Values;

/// <summary>Text that knows which parts of it came from outside, through every operation.</summary>
/// <param name="text">The characters.</param>
/// <param name="plain">The parts that came from outside: ordered, not overlapping, not empty.</param>
internal sealed class TextValue(string text, PlainRange[] plain) : Value
{
    public string Text => text;
    public ReadOnlySpan<PlainRange> Plain => plain;
    public override string KindName => "str";
    public override bool IsTrue => text.Length > 0;

    public static TextValue FromOutside(string text) => new(text, text.Length == 0 ? [] : [new PlainRange(0, text.Length)]);

    /// <summary>The same marks, or none, over the whole of another text: for operations that do not keep positions.</summary>
    public TextValue With(string changed) => changed.Length == text.Length ? new(changed, plain) : plain.Length > 0 ? FromOutside(changed) : new(changed, []);

    public TextValue Slice(int start, int length)
    {
        if (start == 0 && length == text.Length) return this;
        return new(text.Substring(start, length), plain.Length == 0 ? [] : Cut(start, start + length));
    }

    public TextValue Trim(Func<char, bool> trimmed, bool left, bool right)
    {
        int start = 0, end = text.Length;
        while (left && start < end && trimmed(text[start])) start++;
        while (right && end > start && trimmed(text[end - 1])) end--;
        return Slice(start, end - start);
    }

    public static TextValue Concat(TextValue first, TextValue second)
    {
        if (first.Text.Length == 0) return second;
        if (second.Text.Length == 0) return first;
        var builder = new MarkedTextBuilder(first.Text.Length + second.Text.Length);
        builder.Append(first);
        builder.Append(second);
        return builder.ToText();
    }

    public TextValue Replace(string old, TextValue replacement, long limit)
    {
        var builder = new MarkedTextBuilder(text.Length);
        var done = 0;
        for (; limit != 0; limit--)
        {
            var at = done <= text.Length ? text.IndexOf(old, done, StringComparison.Ordinal) : -1;
            if (at < 0) break;
            // An empty pattern stands before every character and at the end, as in Python.
            if (old.Length == 0 && at == text.Length)
            {
                builder.Append(replacement);
                break;
            }
            builder.Append(Slice(done, at - done));
            builder.Append(replacement);
            if (old.Length == 0) builder.Append(Slice(at, 1));
            done = at + Math.Max(old.Length, 1);
        }
        if (done < text.Length) builder.Append(Slice(done, text.Length - done));
        return builder.ToText();
    }

    private PlainRange[] Cut(int start, int end)
    {
        var result = new List<PlainRange>();
        foreach (var range in plain)
        {
            var from = Math.Max(range.Start, start);
            var to = Math.Min(range.End, end);
            if (from < to) result.Add(new PlainRange(from - start, to - from));
        }
        return [.. result];
    }
}
