using System.Text;
using Resultity.Cli;

namespace Resultity.Chat;

/// <summary>Reads lines from a terminal with editing keys and the lines before; from a pipe, plainly.</summary>
/// <remarks>The lines are kept in memory only: what people ask a model is nobody else's business, not even the disk's.</remarks>
internal sealed class LineEditor(Terminal terminal, string prompt)
{
    private readonly List<string> _history = [];
    private readonly StringBuilder _line = new();
    private int _cursor;
    private int _shown;

    /// <summary>The next line, or <see langword="null"/> at the end of the input (Ctrl-D, Ctrl-C).</summary>
    public string? Read()
    {
        if (!terminal.InIsTerminal || !terminal.OutIsTerminal) return terminal.In.ReadLine();
        Console.TreatControlCAsInput = true;
        try
        {
            return ReadKeys();
        }
        finally
        {
            Console.TreatControlCAsInput = false;
        }
    }

    private string? ReadKeys()
    {
        _line.Clear();
        _cursor = 0;
        _shown = _history.Count;
        Draw();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            var control = key.Modifiers.HasFlag(ConsoleModifiers.Control);
            switch (key.Key)
            {
                case ConsoleKey.Enter:
                    terminal.Out.WriteLine();
                    var line = _line.ToString();
                    if (line.Length > 0 && (_history.Count == 0 || _history[^1] != line)) _history.Add(line);
                    return line;
                case ConsoleKey.C when control && _line.Length > 0:
                    Replace("");
                    break;
                case ConsoleKey.C when control:
                case ConsoleKey.D when control && _line.Length == 0:
                    terminal.Out.WriteLine();
                    return null;
                case ConsoleKey.UpArrow:
                    Recall(_shown - 1);
                    break;
                case ConsoleKey.DownArrow:
                    Recall(_shown + 1);
                    break;
                default:
                    Edit(key, control);
                    break;
            }

            // Pasted text arrives as many keys at once; drawing each of them would make it crawl.
            if (!Console.KeyAvailable) Draw();
        }
    }

    private void Edit(ConsoleKeyInfo key, bool control)
    {
        switch (key.Key)
        {
            case ConsoleKey.LeftArrow:
            case ConsoleKey.B when control:
                _cursor = Math.Max(0, _cursor - 1);
                break;
            case ConsoleKey.RightArrow:
            case ConsoleKey.F when control:
                _cursor = Math.Min(_line.Length, _cursor + 1);
                break;
            case ConsoleKey.Home:
            case ConsoleKey.A when control:
                _cursor = 0;
                break;
            case ConsoleKey.End:
            case ConsoleKey.E when control:
                _cursor = _line.Length;
                break;
            case ConsoleKey.Backspace when _cursor > 0:
                _line.Remove(--_cursor, 1);
                break;
            case ConsoleKey.Delete when _cursor < _line.Length:
                _line.Remove(_cursor, 1);
                break;
            case ConsoleKey.U when control:
                _line.Remove(0, _cursor);
                _cursor = 0;
                break;
            case ConsoleKey.K when control:
                _line.Length = _cursor;
                break;
            case ConsoleKey.W when control:
                var start = _cursor;
                while (start > 0 && _line[start - 1] == ' ') start--;
                while (start > 0 && _line[start - 1] != ' ') start--;
                _line.Remove(start, _cursor - start);
                _cursor = start;
                break;
            default:
                if (!char.IsControl(key.KeyChar)) _line.Insert(_cursor++, key.KeyChar);
                break;
        }
    }

    private void Recall(int index)
    {
        if (index < 0 || index > _history.Count) return;
        _shown = index;
        Replace(index == _history.Count ? "" : _history[index]);
    }

    private void Replace(string text)
    {
        _line.Clear().Append(text);
        _cursor = text.Length;
    }

    /// <summary>Draws the part of the line around the cursor that fits in one row, so that no wrapping has to be undone.</summary>
    private void Draw()
    {
        // A terminal that does not know its width says 0.
        var width = Console.WindowWidth is >= 20 and var known ? known : 80;
        var room = width - prompt.Length - 1;
        var from = Math.Max(0, _cursor - room + 1);
        var visible = _line.ToString(from, Math.Min(room, _line.Length - from));
        terminal.Out.Write($"\r\e[2K{terminal.Styled(prompt, "1;32")}{visible}");
        var back = visible.Length - (_cursor - from);
        if (back > 0) terminal.Out.Write($"\e[{back}D");
        terminal.Out.Flush();
    }
}
