namespace Resultity.Onnx.Tokenizers.PreTokenizers;

/// <summary>What becomes of the matches of a splitting pattern, in the file format's own words.</summary>
internal enum SplitBehavior
{
    Removed,
    Isolated,
    MergedWithPrevious,
    MergedWithNext,
    Contiguous,
}

/// <summary>Turns matches into parts.</summary>
internal static class Splitting
{
    /// <summary>Adds the parts of <paramref name="piece"/>; the matches are ordered and do not overlap.</summary>
    public static void Apply(Piece piece, List<(int Start, int End)> matches, SplitBehavior behavior, bool invert, List<Piece> output)
    {
        var segments = new List<(int Start, int End, bool Match)>((matches.Count * 2) + 1);
        var done = 0;
        foreach (var (start, end) in matches)
        {
            if (start > done) segments.Add((done, start, invert));
            segments.Add((start, end, !invert));
            done = end;
        }
        if (done < piece.Text.Length) segments.Add((done, piece.Text.Length, invert));

        switch (behavior)
        {
            case SplitBehavior.Removed: segments.RemoveAll(static segment => segment.Match); break;
            case SplitBehavior.Contiguous: Join(segments, static (last, next) => last.Match == next.Match); break;
            case SplitBehavior.MergedWithPrevious: Join(segments, static (last, next) => next.Match && !last.Match); break;
            case SplitBehavior.MergedWithNext: Join(segments, static (last, next) => last.Match && !next.Match); break;
            default: break;
        }
        foreach (var (start, end, _) in segments) output.Add(new Piece(piece.Text[start..end], piece.AtStart && start == 0));
    }

    private static void Join(List<(int Start, int End, bool Match)> segments, Func<(int, int, bool Match), (int, int, bool Match), bool> joins)
    {
        var length = 0;
        for (var i = 0; i < segments.Count; i++)
        {
            // The joined part takes the flag of its last member: a second match in a row stands alone, as in the reference.
            if (length > 0 && joins(segments[length - 1], segments[i])) segments[length - 1] = (segments[length - 1].Start, segments[i].End, segments[i].Match);
            else segments[length++] = segments[i];
        }
        segments.RemoveRange(length, segments.Count - length);
    }
}
