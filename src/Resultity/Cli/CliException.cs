namespace Resultity.Cli;

/// <summary>A failure that is told to the user in one sentence, with what to do about it; never with a stack trace.</summary>
internal sealed class CliException(int exitCode, string message, string? hint = null) : Exception(message)
{
    public int ExitCode { get; } = exitCode;

    /// <summary>What the user can do next; <see langword="null"/> if the message says it all.</summary>
    public string? Hint { get; } = hint;
}
