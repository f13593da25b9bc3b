namespace Resultity.Cli;

/// <summary>Columns of text on standard output; plain, so that other tools can cut them.</summary>
internal static class Table
{
    public static void Write(Terminal terminal, IReadOnlyList<string> headings, IReadOnlyList<string[]> rows)
    {
        var widths = new int[headings.Count];
        for (var column = 0; column < headings.Count; column++)
        {
            widths[column] = Math.Max(headings[column].Length, rows.Count == 0 ? 0 : rows.Max(row => Safe(row[column]).Length));
        }

        terminal.Out.WriteLine(terminal.Styled(Line(headings, widths), "1"));
        foreach (var row in rows) terminal.Out.WriteLine(Line(row, widths));
    }

    /// <summary>Text from a server, without what could steer the terminal.</summary>
    public static string Safe(string text) =>
        text.AsSpan().IndexOfAnyInRange('\0', '\x1f') < 0 && !text.Contains('\x7f', StringComparison.Ordinal) && text.AsSpan().IndexOfAnyInRange('\x80', '\x9f') < 0
            ? text
            : string.Concat(text.Select(character => char.IsControl(character) ? ' ' : character));

    private static string Line(IReadOnlyList<string> cells, int[] widths) =>
        string.Join("  ", cells.Select((cell, column) => Safe(cell).PadRight(widths[column]))).TrimEnd();
}
