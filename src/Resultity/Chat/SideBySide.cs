using System.Text;
using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Chat;

/// <summary>Shows the answers of several models to one question: in columns that grow on a terminal, one below the other elsewhere.</summary>
internal sealed class SideBySide(Terminal terminal)
{
    private const int Narrowest = 24;
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(80);
    private readonly SortedDictionary<int, Column> _columns = [];
    private long _drawnAt;
    private int _drawnLines;

    private static int Width => Console.WindowWidth is >= 20 and var known ? known : 80;

    private bool IsLive => terminal.OutIsTerminal && terminal.Variable("TERM") != "dumb" && _columns.Count > 1 && Width / _columns.Count >= Narrowest;

    /// <summary>Takes a chunk in.</summary>
    public void Add(JsonNode? chunk)
    {
        foreach (var choice in chunk.Items("choices"))
        {
            if (choice.Text("model") is not { Length: > 0 } model) continue;
            var index = (int)(choice.Number("index") ?? 0);
            if (!_columns.TryGetValue(index, out var column)) _columns[index] = column = new Column(model);
            column.Text.Append(choice.Text("delta", "content"));
            if (choice.At("error") is { } error) column.Failure = error.Text("message");
            column.HasEnded |= choice.Text("finish_reason").Length > 0;
        }

        if (IsLive && terminal.Time.GetElapsedTime(_drawnAt) >= Redraw) Draw(whole: false);
    }

    /// <summary>Everything has come, or nothing more will: shows it whole.</summary>
    public void End()
    {
        if (IsLive)
        {
            Draw(whole: true);
            return;
        }

        foreach (var column in _columns.Values)
        {
            terminal.Out.WriteLine(terminal.Styled($"── {Table.Safe(column.Model)} ──", "1;36"));
            terminal.Out.WriteLine(terminal.ForTerminal(column.Text.ToString()).Trim());
            if (column.Failure is { } failure) terminal.Out.WriteLine(terminal.Styled("failed: " + Table.Safe(failure), "31"));
            terminal.Out.WriteLine();
        }

        terminal.Out.Flush();
    }

    private void Draw(bool whole)
    {
        _drawnAt = terminal.Time.GetTimestamp();
        var width = (Width - (3 * (_columns.Count - 1))) / _columns.Count;
        var texts = _columns.Values.Select(column => Wrap(terminal.ForTerminal(column.Failure is { } failure ? $"{column.Text}\n[failed: {failure}]" : column.Text.ToString()), width)).ToList();
        var height = texts.Max(static lines => lines.Count);

        // What has scrolled off cannot be drawn over: while it grows, only the newest lines are shown.
        var room = whole ? int.MaxValue : Math.Max(3, (Console.WindowHeight > 4 ? Console.WindowHeight : 24) - 3);
        var shown = Math.Min(height, room);
        var frame = new StringBuilder();
        if (_drawnLines > 0) frame.Append($"\e[{_drawnLines}A\e[J");
        frame.AppendLine(string.Join(" │ ", _columns.Values.Select(column => terminal.Styled(Fit(Table.Safe(column.Model) + (column.HasEnded ? "" : " …"), width), "1;36"))));
        for (var line = 0; line < shown; line++)
        {
            frame.AppendLine(string.Join(" │ ", texts.Select(lines => Fit(Math.Max(0, lines.Count - room) + line is var at && at < lines.Count ? lines[at] : "", width))).TrimEnd());
        }

        _drawnLines = shown + 1;
        terminal.Out.Write(frame);
        terminal.Out.Flush();
    }

    private static string Fit(string text, int width) => text.Length > width ? text[..width] : text.PadRight(width);

    /// <summary>Lines of at most a width, broken at spaces where there are any.</summary>
    internal static List<string> Wrap(string text, int width)
    {
        var lines = new List<string>();
        foreach (var paragraph in text.Replace("\t", "    ", StringComparison.Ordinal).Trim().Split('\n'))
        {
            var rest = paragraph;
            while (rest.Length > width)
            {
                var end = rest.LastIndexOf(' ', width) is > 0 and var space ? space : width;
                lines.Add(rest[..end]);
                rest = rest[end..].TrimStart(' ');
            }

            lines.Add(rest);
        }

        return lines;
    }

    private sealed class Column(string model)
    {
        public string Model { get; } = model;

        public StringBuilder Text { get; } = new();

        public string? Failure { get; set; }

        public bool HasEnded { get; set; }
    }
}
