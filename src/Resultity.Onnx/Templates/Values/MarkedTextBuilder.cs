using System.Text;
using Resultity.Onnx.Tokenizers;

namespace Resultity.Onnx.Templates.Values;

/// <summary>Joins texts and their marks.</summary>
internal sealed class MarkedTextBuilder(int capacity = 256)
{
    private readonly StringBuilder _text = new(capacity);
    private readonly List<PlainRange> _plain = [];

    public int Length => _text.Length;

    public void Append(string text) => _text.Append(text);

    public void Append(TextValue text)
    {
        foreach (var range in text.Plain)
        {
            var start = _text.Length + range.Start;
            if (_plain.Count > 0 && _plain[^1].End == start) _plain[^1] = new PlainRange(_plain[^1].Start, _plain[^1].Length + range.Length);
            else _plain.Add(new PlainRange(start, range.Length));
        }
        _text.Append(text.Text);
    }

    public TextValue ToText() => new(_text.ToString(), [.. _plain]);
}
