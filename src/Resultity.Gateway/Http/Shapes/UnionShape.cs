using System.Text.Json;

namespace Resultity.Gateway.Http.Shapes;

/// <summary>One of several shapes, told apart by the first token; arrays also by the first token of their first element.</summary>
internal sealed class UnionShape : Shape
{
    private readonly Shape[] _options;

    public UnionShape(IReadOnlyList<Shape> options)
        : base(options.Aggregate(JsonKinds.None, (kinds, option) => kinds | option.Kinds))
    {
        _options = [.. options.SelectMany(option => option is UnionShape union ? union.Options : [option])];
        var named = Options.Where(option => option is not NullShape).Select(option => option.Expected).Distinct().ToArray();
        Expected = named.Length == 1 ? named[0] : "one of " + string.Join(", ", named[..^1]) + " or " + named[^1];
    }

    /// <summary>The shapes; no union among them.</summary>
    public IReadOnlyList<Shape> Options => _options;

    public override string Expected { get; }

    protected override bool CheckValue(ref Scan scan)
    {
        var kind = scan.Reader.TokenType.Kind();
        Shape? candidate = null;
        foreach (var option in _options)
        {
            if ((option.Kinds & kind) == 0)
            {
                continue;
            }

            candidate = option;
            if (kind is not JsonKinds.Array || option is not ArrayShape array || (array.Item.Kinds & FirstElement(scan.Reader)) != 0)
            {
                break;
            }
        }

        return candidate!.Check(ref scan);
    }

    private static JsonKinds FirstElement(Utf8JsonReader ahead)
    {
        ahead.Read();
        return ahead.TokenType.Kind();
    }
}
