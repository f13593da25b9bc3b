using System.CommandLine;

namespace Resultity.Cli;

/// <summary>A command with the examples that its help shows.</summary>
internal abstract class Verb(Terminal terminal, string name, string description) : Command(name, description)
{
    protected Terminal Terminal { get; } = terminal;

    /// <summary>Command lines that work as they stand, each with what it does.</summary>
    public IReadOnlyList<(string Line, string Meaning)> Examples { get; protected init; } = [];

    /// <summary>Sets what the command does. Its result is the exit code.</summary>
    protected void Runs(Func<ParseResult, CancellationToken, Task<int>> run) => SetAction(run);
}
