namespace Resultity.TestKit.Processes;

/// <summary>Real engines, in a folder made by <c>eng/provision-engines.sh --whisper</c> that the variable <c>RESULTITY_ENGINES</c> names.</summary>
public static class Engines
{
    /// <summary>Where a program is, or null.</summary>
    public static string? Find(string program) =>
        Environment.GetEnvironmentVariable("RESULTITY_ENGINES") is { Length: > 0 } engines && Path.Combine(engines, "bin", program) is var path && File.Exists(path) ? path : null;

    /// <summary>Why a test that needs a program is to be skipped; null where it is there, or where it must be.</summary>
    public static string? Missing(string program) => Find(program) is not null || Environment.GetEnvironmentVariable("RESULTITY_CI") == "1"
        ? null : $"RESULTITY_ENGINES names no folder with {program}, made by eng/provision-engines.sh --whisper; RESULTITY_CI=1 makes this a failure.";
}
