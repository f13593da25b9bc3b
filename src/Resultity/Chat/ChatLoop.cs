using System.Text;
using Resultity.Cli;

namespace Resultity.Chat;

/// <summary>The interactive chat: a line in, an answer out, until the end of the input.</summary>
internal sealed class ChatLoop(ChatSession session, Terminal terminal)
{
    private const string Commands = """
        /help            this list
        /model [name]    show or change the model
        /system [text]   show or set the system message
        /clear           forget the conversation
        /exit            leave (also Ctrl-D)
        Several lines: begin and end with three double quotes on lines of their own. Ctrl-C stops an answer.
        """;

    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        var editor = new LineEditor(terminal, ">>> ");
        terminal.Note($"Chatting with {Table.Safe(session.Model)}. /help lists the commands, Ctrl-D leaves.");
        while (!cancellation.IsCancellationRequested && editor.Read() is { } line)
        {
            if (line.Trim() == "\"\"\"") line = Block(editor);
            if (string.IsNullOrWhiteSpace(line)) continue;
            if (line.StartsWith('/'))
            {
                if (!Command(line.Trim())) break;
            }
            else
            {
                await AnswerAsync(line, cancellation);
            }
        }

        return cancellation.IsCancellationRequested ? ExitCode.Interrupted : ExitCode.Ok;
    }

    private static string Block(LineEditor editor)
    {
        var lines = new StringBuilder();
        while (editor.Read() is { } line && line.Trim() != "\"\"\"") lines.AppendLine(line);
        return lines.ToString();
    }

    private async Task AnswerAsync(string line, CancellationToken cancellation)
    {
        using var answer = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        terminal.Interrupt = answer.Cancel;
        try
        {
            await session.StreamAsync(line, answer.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            terminal.Note("stopped");
        }
        catch (CliException failure)
        {
            // The conversation goes on: the next try may well succeed.
            terminal.Fail(failure.Message, failure.Hint);
        }
        finally
        {
            terminal.Interrupt = null;
        }
    }

    /// <returns>Whether to go on.</returns>
    private bool Command(string line)
    {
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        var (name, rest) = space < 0 ? (line, "") : (line[..space], line[(space + 1)..].Trim());
        switch (name)
        {
            case "/exit" or "/quit" or "/bye":
                return false;
            case "/clear":
                session.Clear();
                terminal.Note("The conversation starts anew.");
                break;
            case "/model":
                if (rest.Length > 0) session.Model = rest;
                terminal.Note("model: " + session.Model);
                break;
            case "/system":
                if (rest.Length > 0) session.System = rest;
                terminal.Note("system: " + (string.IsNullOrEmpty(session.System) ? "(none)" : session.System));
                break;
            case "/help" or "/?":
                terminal.Note(Commands);
                break;
            default:
                terminal.Fail($"{name} is not a command.", "/help lists them.");
                break;
        }

        return true;
    }
}
