using System.Diagnostics.CodeAnalysis;

namespace Resultity.Contracts.Values;

/// <summary>One thing that can be computed, named by the path that gateway and node both serve it under.</summary>
/// <remarks>
/// <c>/v1/responses</c> is not among these: the gateway turns a response into a chat completion, so that every chat runtime serves it.
/// Adding an endpoint starts with a line here.
/// </remarks>
public sealed class InferenceEndpoint
{
    private InferenceEndpoint(string path, string operation, int bit, bool canStream)
    {
        Path = path;
        Operation = operation;
        Bit = 1UL << bit;
        CanStream = canStream;
    }

    /// <summary>Chat completions.</summary>
    public static InferenceEndpoint ChatCompletions { get; } = new("/v1/chat/completions", "chat", 0, canStream: true);

    /// <summary>Text completions.</summary>
    public static InferenceEndpoint Completions { get; } = new("/v1/completions", "text_completion", 1, canStream: true);

    /// <summary>Embeddings.</summary>
    public static InferenceEndpoint Embeddings { get; } = new("/v1/embeddings", "embeddings", 2, canStream: false);

    /// <summary>Every endpoint there is.</summary>
    public static IReadOnlyList<InferenceEndpoint> All { get; } = [ChatCompletions, Completions, Embeddings];

    /// <summary>The path, as in <c>/v1/chat/completions</c>; also the endpoint's name in offers, jobs and batches.</summary>
    public string Path { get; }

    /// <summary>The operation's name in telemetry (OpenTelemetry's <c>gen_ai.operation.name</c>).</summary>
    public string Operation { get; }

    /// <summary>This endpoint's bit in sets of endpoints.</summary>
    public ulong Bit { get; }

    /// <summary>Whether an answer can be streamed as events.</summary>
    public bool CanStream { get; }

    /// <summary>Finds an endpoint by its path.</summary>
    public static bool TryFind(string? path, [NotNullWhen(true)] out InferenceEndpoint? endpoint)
    {
        foreach (var candidate in All)
        {
            if (candidate.Path == path)
            {
                endpoint = candidate;
                return true;
            }
        }

        endpoint = null;
        return false;
    }

    /// <inheritdoc/>
    public override string ToString() => Path;
}
