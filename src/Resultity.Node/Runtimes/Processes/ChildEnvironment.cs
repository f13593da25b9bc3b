using System.Diagnostics;

namespace Resultity.Node.Runtimes.Processes;

/// <summary>The environment of child processes: what programs need to run, and nothing that opens anything.</summary>
/// <remarks>This process may hold keys and tokens in its environment; a model server has no business with them.</remarks>
internal static class ChildEnvironment
{
    private static readonly string[] Names =
    [
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH",
        "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "HF_HOME", "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "VIRTUAL_ENV",
        "SYSTEMROOT", "WINDIR", "COMSPEC", "PATHEXT", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES", "USERPROFILE",
    ];

    private static readonly string[] Prefixes = ["LC_", "CUDA_", "NVIDIA_", "HIP_", "HSA_", "ROCR_", "ROCM_", "GGML_", "OMP_", "GOMP_", "MKL_", "OPENBLAS_", "VK_", "NCCL_"];

    /// <summary>Fills in the environment of a process that is about to start.</summary>
    /// <param name="start">What starts it.</param>
    /// <param name="passed">Names of further variables of this process that the operator lets it have.</param>
    /// <param name="given">Variables and values for it alone.</param>
    public static void Apply(ProcessStartInfo start, IEnumerable<string> passed, IEnumerable<KeyValuePair<string, string>> given)
    {
        var further = passed.ToHashSet(StringComparer.Ordinal);
        foreach (var name in start.Environment.Keys.ToList())
            if (!IsHarmless(name) && !further.Contains(name))
                start.Environment.Remove(name);
        foreach (var (name, value) in given)
            start.Environment[name] = value;
    }

    private static bool IsHarmless(string name) =>
        Names.Contains(name, OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal)
        || Prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));
}
