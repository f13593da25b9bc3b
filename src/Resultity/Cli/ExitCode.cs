namespace Resultity.Cli;

/// <summary>What the process tells its caller. Documented in docs/cli.md; scripts depend on it.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>The work was tried and failed.</summary>
    public const int Failure = 1;

    /// <summary>The command line or the configuration is wrong; nothing was tried.</summary>
    public const int Usage = 2;

    public const int NotFound = 3;

    /// <summary>No key, a wrong key, or a key that does not allow this.</summary>
    public const int Authentication = 4;

    /// <summary>The gateway cannot be reached, or has no capacity now; the same command may work later.</summary>
    public const int Unavailable = 5;

    /// <summary>Ended by Ctrl-C: 128 and the signal's number, as shells have it.</summary>
    public const int Interrupted = 130;

    /// <summary>Ended by SIGTERM.</summary>
    public const int Terminated = 143;
}
