using System.Globalization;

namespace Resultity.EngineBench;

/// <summary>The command line: <c>--name value</c> pairs.</summary>
internal sealed record BenchOptions
{
    public string Model { get; init; } = "models/resultity-mini-chat";
    public string? LlamaServer { get; init; }
    public string Gguf { get; init; } = "models/resultity-mini-chat/resultity-mini-chat-f16.gguf";
    public int Threads { get; init; } = 1;
    public int Rounds { get; init; } = 5;
    public int Tokens { get; init; } = 300;
    public int[] Streams { get; init; } = [1, 8];
    public int Prompt { get; init; } = 900;
    public int Port { get; init; } = 18760;
    public bool Fuse { get; init; } = true;

    public static BenchOptions Parse(string[] args)
    {
        var options = new BenchOptions();
        for (var i = 0; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length ? args[i + 1] : throw new ArgumentException($"{args[i]} wants a value.");
            options = args[i] switch
            {
                "--model" => options with { Model = value },
                "--llama-server" => options with { LlamaServer = value },
                "--gguf" => options with { Gguf = value },
                "--threads" => options with { Threads = Number(value) },
                "--rounds" => options with { Rounds = Number(value) },
                "--tokens" => options with { Tokens = Number(value) },
                "--streams" => options with { Streams = [.. value.Split(',').Select(Number)] },
                "--prompt" => options with { Prompt = Number(value) },
                "--port" => options with { Port = Number(value) },
                "--fuse" => options with { Fuse = bool.Parse(value) },
                _ => throw new ArgumentException($"Unknown option {args[i]}; there are --model, --llama-server, --gguf, --threads, --rounds, --tokens, --streams, --prompt, --port, --fuse."),
            };
        }
        return options;
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
