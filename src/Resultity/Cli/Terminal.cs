using Spectre.Console;

namespace Resultity.Cli;

/// <summary>Where a command reads and writes: results to <see cref="Out"/>, everything else to <see cref="Error"/>.</summary>
internal sealed class Terminal
{
    public required TextReader In { get; init; }

    /// <summary>Results, and nothing else, so that they can be piped.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Progress, notes and errors.</summary>
    public required TextWriter Error { get; init; }

    public bool InIsTerminal { get; init; }

    public bool OutIsTerminal { get; init; }

    public bool ErrorIsTerminal { get; init; }

    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Raised by Ctrl-C while something can be cancelled on its own, such as one answer of a chat; <see langword="null"/> ends the command.</summary>
    public Action? Interrupt { get; set; }

    /// <summary>Whether text may be coloured: not in a pipe, and not against the user's wish (https://no-color.org).</summary>
    public bool Colours(bool isTerminal) =>
        isTerminal && string.IsNullOrEmpty(Variable("NO_COLOR")) && Variable("TERM") != "dumb";

    public static Terminal OfProcess() => new()
    {
        In = Console.In,
        Out = Console.Out,
        Error = Console.Error,
        InIsTerminal = !Console.IsInputRedirected,
        OutIsTerminal = !Console.IsOutputRedirected,
        ErrorIsTerminal = !Console.IsErrorRedirected,
    };

    /// <summary>A console on standard error for bars and spinners, which must not mix with results.</summary>
    public IAnsiConsole Progress() => AnsiConsole.Create(new AnsiConsoleSettings
    {
        Ansi = ErrorIsTerminal && Variable("TERM") != "dumb" ? AnsiSupport.Detect : AnsiSupport.No,
        ColorSystem = Colours(ErrorIsTerminal) ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
        Interactive = ErrorIsTerminal ? InteractionSupport.Detect : InteractionSupport.No,
        Out = new AnsiConsoleOutput(Error),
    });

    /// <summary>Wraps text for standard output in an ANSI style, where colours are allowed.</summary>
    public string Styled(string text, string code) => Colours(OutIsTerminal) ? $"\e[{code}m{text}\e[0m" : text;

    /// <summary>Wraps text for standard error in an ANSI style, where colours are allowed.</summary>
    public string StyledError(string text, string code) => Colours(ErrorIsTerminal) ? $"\e[{code}m{text}\e[0m" : text;

    public void Fail(string message, string? hint)
    {
        Error.WriteLine($"{StyledError("error:", "1;31")} {message}");
        if (hint is not null) Error.WriteLine($"{StyledError("hint:", "36")} {hint}");
    }

    public void Note(string message) => Error.WriteLine(StyledError(message, "2"));
}
