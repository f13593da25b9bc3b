namespace Resultity.Node.Runtimes.Processes;

/// <summary>How a child process ended.</summary>
/// <param name="Code">Its exit code; 128 and the signal's number when a signal ended it.</param>
public sealed record ChildExit(int Code)
{
    /// <summary>The end in words, as a sentence goes on: "llama-server …".</summary>
    public string Reason => Code switch
    {
        0 => "ended by itself (exit code 0)",
        126 => "could not be run (exit code 126: no permission, or not a program of this machine)",
        127 => "could not be run (exit code 127: it or a library of it was not found)",
        129 => "was hung up on (SIGHUP)",
        130 => "was interrupted (SIGINT)",
        132 => "crashed on an instruction that this processor does not have (SIGILL)",
        134 => "gave up (SIGABRT)",
        135 => "crashed on a bad access to a file's memory (SIGBUS)",
        137 => "was killed (SIGKILL); if nobody did it, the system was out of memory",
        139 => "crashed (SIGSEGV)",
        141 => "ended because nobody read its output (SIGPIPE)",
        143 => "was told to end (SIGTERM)",
        > 128 and < 160 => $"was ended by signal {Code - 128}",
        _ => $"ended with exit code {Code}",
    };
}
