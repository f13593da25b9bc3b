using System.Text.RegularExpressions;

namespace Resultity.Node.Doctor;

/// <summary>A program that a node can use, and how it tells its version.</summary>
/// <param name="Name">The program's name.</param>
/// <param name="Serves">What it is for.</param>
/// <param name="Question">Arguments on which it says something and ends.</param>
/// <param name="Version">Finds the version in what it says; <see langword="null"/> where it tells none.</param>
internal sealed partial record KnownEngine(string Name, string Serves, IReadOnlyList<string> Question, Regex? Version)
{
    public const string LlamaServer = "llama-server", RpcServer = "ggml-rpc-server", WhisperServer = "whisper-server", Ffmpeg = "ffmpeg", Espeak = "espeak-ng";

    public static IReadOnlyList<KnownEngine> All { get; } =
    [
        new(LlamaServer, "GGUF models: chat, completions, embeddings, vision", ["--version"], AfterColon),
        new(RpcServer, "layers of models that are sharded over several nodes", ["--help"], null),
        new(WhisperServer, "Whisper models in ggml's format: transcription", ["--help"], null),
        new(Ffmpeg, "sound and images in other formats than wav and png", ["-hide_banner", "-version"], AfterWord),
        new(Espeak, "speech, and the phonemes of Piper-type voices", ["--version"], AfterColon),
    ];

    [GeneratedRegex(@": v?(\d[\w.+-]*)")]
    private static partial Regex AfterColon { get; }

    [GeneratedRegex(@" version n?(\d[\w.+~-]*)")]
    private static partial Regex AfterWord { get; }
}
