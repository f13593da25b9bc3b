using System.Globalization;
using System.Text;
using Resultity.Gateway.Http.Shapes;
using Resultity.Gateway.Tests.Kit;

namespace Resultity.Gateway.Tests.Fuzz;

/// <summary>Writes bodies that a shape allows, and remembers where each value and each field stands.</summary>
internal sealed class BodyWriter(Random random)
{
    private static readonly string[] Texts =
        ["", "a", "Hello there", "ä€😀", "\\u00e9\\ud83d\\ude00", "line\\nbreak\\t\\\"quoted\\\"", "{\\\"a\\\":1}", new string('x', 300)];

    private readonly StringBuilder _text = new();

    /// <summary>Where values stand: start and length.</summary>
    public List<(int Start, int Length)> Values { get; } = [];

    /// <summary>Where fields stand, names included.</summary>
    public List<(int Start, int Length)> Fields { get; } = [];

    public string Text => _text.ToString();

    public void Write(Shape shape)
    {
        var start = _text.Length;
        switch (shape)
        {
            case ObjectShape fields: Object(fields); break;
            case TaggedShape tagged: Write(tagged.Cases[random.Next(tagged.Cases.Count)].Shape); break;
            case UnionShape union: Write(union.Options[random.Next(union.Options.Count)]); break;
            case ArrayShape array: Array(array); break;
            case MapShape map: Map(map); break;
            case EnumShape names: Append($"\"{names.Values[random.Next(names.Values.Count)]}\""); break;
            case StringShape text: String(text); break;
            case IntegerShape range: Append(Pick(range.Min, range.Max, Math.Clamp(random.Next(100), range.Min, range.Max)).ToString(CultureInfo.InvariantCulture)); break;
            case NumberShape range: Append(Pick(range.Min, range.Max, range.Min + (random.NextDouble() * (range.Max - range.Min))).ToString("R", CultureInfo.InvariantCulture)); break;
            case BoolShape: Append(random.Next(2) == 0 ? "true" : "false"); break;
            case NullShape: Append("null"); break;
            case AnyShape: Append("""{"type":"object","properties":{"a":{"type":"string"}}}"""); break;
            default: throw new NotSupportedException($"The fuzz test does not know {shape.GetType().Name}.");
        }

        Values.Add((start, _text.Length - start));
    }

    private T Pick<T>(params T[] options) => options[random.Next(options.Length)];

    private void Append(string text) => _text.Append(text);

    private void Object(ObjectShape shape)
    {
        var some = random.Next(4);
        var fields = shape.Fields.Where(field => field.Required || shape.OneOf.Contains(field.Name) || random.Next(8) < some).ToArray();
        random.Shuffle(fields);
        Append("{");
        foreach (var field in fields)
        {
            Separate('{');
            var start = _text.Length;
            Append($"\"{field.Name}\":");
            if (field.Slot is Slot.Model)
            {
                Append($"\"{TestGateway.Model}\"");
            }
            else
            {
                Write(field.Shape);
            }

            Fields.Add((start, _text.Length - start));
        }

        if (random.Next(6) == 0)
        {
            Separate('{');
            Append("\"x_unknown\":[1,{\"model\":null}]");
        }

        Append("}");
    }

    private void Array(ArrayShape array)
    {
        var count = Math.Clamp(random.Next(1, 4), Math.Max(1, array.Min), array.Max);
        Append("[");
        for (var i = 0; i < count; i++)
        {
            Separate('[');
            Write(array.Item);
        }

        Append("]");
    }

    private void Map(MapShape map)
    {
        Append("{");
        for (var i = random.Next(3); i > 0; i--)
        {
            Separate('{');
            Append($"\"{i}\":");
            Write(map.Value);
        }

        Append("}");
    }

    private void String(StringShape shape)
    {
        var text = shape.Characters is null ? Pick(Texts) : "name_1";
        Append($"\"{(text.Length < shape.MinLength ? "long enough" : text)}\"");
    }

    private void Separate(char opening)
    {
        if (_text[^1] != opening)
        {
            _text.Append(',');
        }
    }
}
