using System.Runtime.InteropServices;

namespace Resultity.Serving.Batches;

/// <summary>Where a line stands in the input.</summary>
/// <param name="Number">The line's number, from 1.</param>
/// <param name="Offset">Where it begins.</param>
/// <param name="Length">Its length without its line feed.</param>
/// <param name="Group">Which group it belongs to.</param>
internal readonly record struct LinePlace(int Number, long Offset, int Length, int Group);

/// <summary>Which lines a batch has, and where: some 24 bytes a line, so that the lines themselves need not be in memory.</summary>
internal sealed class BatchIndex
{
    private readonly List<LinePlace> _lines = [];
    private readonly List<(string Path, string Model)> _groups = [];
    private readonly Dictionary<(string Path, string Model), int> _byKey = [];

    /// <summary>How many lines there are.</summary>
    public int Count => _lines.Count;

    /// <summary>All lines in their order.</summary>
    public ReadOnlySpan<LinePlace> Lines => CollectionsMarshal.AsSpan(_lines);

    /// <summary>The pairs of path and model that lines have; a line without a model has an empty one.</summary>
    public IReadOnlyList<(string Path, string Model)> Groups => _groups;

    /// <summary>The model that all lines name, or <see langword="null"/>.</summary>
    public string? Model => _groups.Select(static group => group.Model).Distinct().Take(2).ToList() is [{ Length: > 0 } one] ? one : null;

    /// <summary>Adds a line.</summary>
    public void Add(int number, long offset, int length, string path, string model)
    {
        if (!_byKey.TryGetValue((path, model), out var group))
        {
            _byKey[(path, model)] = group = _groups.Count;
            _groups.Add((path, model));
        }

        _lines.Add(new LinePlace(number, offset, length, group));
    }
}
