using System.Globalization;
using System.Text;

namespace Resultity.Onnx.Tokenizers.Normalizers;

/// <summary>
/// Decompositions, compositions and combining classes from the Unicode Character Database, loaded at first use.
/// </summary>
/// <remarks>string.Normalize leaves non-ASCII text as it is in invariant globalization, so the tables come along.</remarks>
internal sealed class UnicodeTables
{
    private static readonly Lazy<UnicodeTables> Loaded = new(() => new UnicodeTables());
    private readonly Dictionary<int, int[]> _canonical = [];
    private readonly Dictionary<int, int[]> _compatible = [];
    private readonly Dictionary<(int, int), int> _composed = [];
    private readonly Dictionary<int, byte> _classes = [];

    private UnicodeTables()
    {
        using var stream = typeof(UnicodeTables).Assembly.GetManifestResourceStream("unicode-normalization.txt")
            ?? throw new InvalidOperationException("the resource unicode-normalization.txt is missing");
        using var reader = new StreamReader(stream, Encoding.ASCII);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#')) continue;
            var fields = line.Split(' ');
            if (line[0] == 'c')
            {
                var combining = byte.Parse(fields[1], CultureInfo.InvariantCulture);
                foreach (var field in fields.AsSpan(2)) _classes[Hex(field)] = combining;
                continue;
            }
            int[] values = [.. fields.Skip(1).Select(Hex)];
            if (line[0] == 'd') _canonical[values[0]] = values[1..];
            else if (line[0] == 'k') _compatible[values[0]] = values[1..];
            else _composed[(values[0], values[1])] = values[2];
        }
    }

    public static UnicodeTables Instance => Loaded.Value;

    public int CombiningClass(int value) => value < 0x300 ? 0 : _classes.GetValueOrDefault(value);

    public int[]? Decomposition(int value, bool compatible) =>
        compatible && _compatible.TryGetValue(value, out var found) ? found : _canonical.GetValueOrDefault(value);

    public int? Composition(int first, int second) => _composed.TryGetValue((first, second), out var found) ? found : null;

    private static int Hex(string field) => int.Parse(field, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
