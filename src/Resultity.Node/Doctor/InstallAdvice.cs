using static Resultity.Node.Doctor.KnownEngine;
using static Resultity.Node.Doctor.SystemFamily;

namespace Resultity.Node.Doctor;

/// <summary>How to get a program on a system, in one line to paste or to follow.</summary>
internal static class InstallAdvice
{
    private const string LlamaReleases = "unpack the archive for this system from https://github.com/ggml-org/llama.cpp/releases and put its programs on the PATH";
    private const string WhisperReleases = "build it from https://github.com/ggml-org/whisper.cpp and put whisper-server on the PATH";
    private const string RpcBuild = "build llama.cpp with -DGGML_RPC=ON and put its rpc-server on the PATH as ggml-rpc-server";
    private const string Provision = "eng/provision-engines.sh in the source of this program puts it into a folder of yours without installing anything";

    public static string For(string engine, SystemFamily family) => (engine, family) switch
    {
        (LlamaServer, Debian or Ubuntu) => $"sudo apt install llama.cpp, where the release has it; else {Provision}, or {LlamaReleases}",
        (LlamaServer, Fedora) => $"sudo dnf install llama-cpp, or {LlamaReleases}",
        (LlamaServer, Arch) => $"llama.cpp from the AUR, or {LlamaReleases}",
        (LlamaServer, MacOs) => "brew install llama.cpp",
        (LlamaServer, SystemFamily.Windows) => "winget install llama.cpp",
        (LlamaServer, _) => LlamaReleases,

        (RpcServer, Debian or Ubuntu) => $"sudo apt install llama.cpp libggml0-backend-rpc, where the release has them; else {Provision}",
        (RpcServer, _) => RpcBuild,

        (WhisperServer, Debian or Ubuntu) => $"sudo apt install whisper.cpp, where the release has it; else {Provision} (with --whisper), or {WhisperReleases}",
        (WhisperServer, Fedora) => $"sudo dnf install whisper-cpp, or {WhisperReleases}",
        (WhisperServer, Arch) => $"whisper.cpp from the AUR, or {WhisperReleases}",
        (WhisperServer, MacOs) => "brew install whisper-cpp",
        (WhisperServer, SystemFamily.Windows) => "unpack the archive from https://github.com/ggml-org/whisper.cpp/releases and put its programs on the PATH",
        (WhisperServer, _) => WhisperReleases,

        (Ffmpeg, Fedora) => "sudo dnf install ffmpeg-free",
        (Ffmpeg, SystemFamily.Windows) => "winget install Gyan.FFmpeg",
        (Espeak, SystemFamily.Windows) => "winget install eSpeak-NG.eSpeak-NG",
        (_, Debian or Ubuntu) => $"sudo apt install {engine}",
        (_, Fedora) => $"sudo dnf install {engine}",
        (_, Arch) => $"sudo pacman -S {engine}",
        (_, MacOs) => $"brew install {engine}",
        _ => $"install {engine} with this system's package manager",
    };
}
