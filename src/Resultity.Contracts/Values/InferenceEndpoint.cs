using System.Diagnostics.CodeAnalysis;

namespace Resultity.Contracts.Values;

/// <summary>One thing that can be computed, named by the path that gateway and node both serve it under.</summary>
/// <remarks>
/// <c>/v1/responses</c> is not among these: the gateway turns a response into a chat completion, so that every chat runtime serves it.
/// Adding an endpoint starts with a line here.
/// </remarks>
public sealed class InferenceEndpoint
{
    private const string VideoFeature = "video";

    private InferenceEndpoint(string path, string operation, int bit, bool canStream, bool isMedia = false)
    {
        Path = path;
        Operation = operation;
        Bit = 1UL << bit;
        CanStream = canStream;
        IsMedia = isMedia;
    }

    /// <summary>Chat completions.</summary>
    public static InferenceEndpoint ChatCompletions { get; } = new("/v1/chat/completions", "chat", 0, canStream: true);

    /// <summary>Text completions.</summary>
    public static InferenceEndpoint Completions { get; } = new("/v1/completions", "text_completion", 1, canStream: true);

    /// <summary>Embeddings.</summary>
    public static InferenceEndpoint Embeddings { get; } = new("/v1/embeddings", "embeddings", 2, canStream: false);

    /// <summary>Images after a text.</summary>
    public static InferenceEndpoint ImageGenerations { get; } = new("/v1/images/generations", "generate_image", 3, canStream: true, isMedia: true);

    /// <summary>Images after an image and a text.</summary>
    public static InferenceEndpoint ImageEdits { get; } = new("/v1/images/edits", "edit_image", 4, canStream: true, isMedia: true);

    /// <summary>Images after an image.</summary>
    public static InferenceEndpoint ImageVariations { get; } = new("/v1/images/variations", "vary_image", 5, canStream: true, isMedia: true);

    /// <summary>What an image shows.</summary>
    public static InferenceEndpoint ImageDescription { get; } = new("/v1/images/description", "describe_image", 6, canStream: true, isMedia: true);

    /// <summary>Whether a text is harmful.</summary>
    public static InferenceEndpoint Moderations { get; } = new("/v1/moderations", "moderate", 7, canStream: false);

    /// <summary>What is said in a sound.</summary>
    public static InferenceEndpoint Transcriptions { get; } = new("/v1/audio/transcriptions", "transcribe", 8, canStream: true, isMedia: true);

    /// <summary>What is said in a sound, in English.</summary>
    public static InferenceEndpoint Translations { get; } = new("/v1/audio/translations", "translate", 9, canStream: true, isMedia: true);

    /// <summary>Speech after a text.</summary>
    public static InferenceEndpoint Speech { get; } = new("/v1/audio/speech", "speak", 10, canStream: true, isMedia: true);

    /// <summary>Videos after a text and perhaps an image. Always a durable request: the answer of the node comes as events with its progress.</summary>
    public static InferenceEndpoint Videos { get; } = new("/v1/videos", "generate_video", 11, canStream: false, isMedia: true) { Feature = VideoFeature };

    /// <summary>What a video shows.</summary>
    public static InferenceEndpoint VideoDescription { get; } = new("/v1/videos/description", "describe_video", 12, canStream: false, isMedia: true) { Feature = VideoFeature };

    /// <summary>Which documents answer a query best.</summary>
    public static InferenceEndpoint Rerank { get; } = new("/v1/rerank", "rerank", 13, canStream: false);

    /// <summary>Every endpoint there is.</summary>
    public static IReadOnlyList<InferenceEndpoint> All { get; } =
        [ChatCompletions, Completions, Embeddings, ImageGenerations, ImageEdits, ImageVariations, ImageDescription, Moderations, Transcriptions, Translations, Speech, Videos, VideoDescription, Rerank];

    /// <summary>The path, as in <c>/v1/chat/completions</c>; also the endpoint's name in offers, jobs and batches.</summary>
    public string Path { get; }

    /// <summary>The operation's name in telemetry (OpenTelemetry's <c>gen_ai.operation.name</c>).</summary>
    public string Operation { get; }

    /// <summary>This endpoint's bit in sets of endpoints.</summary>
    public ulong Bit { get; }

    /// <summary>Whether an answer can be streamed as events.</summary>
    public bool CanStream { get; }

    /// <summary>Whether pictures or sound go in or come out: then a body's size says nothing of its tokens, and an answer need not be JSON.</summary>
    public bool IsMedia { get; }

    /// <summary>The feature that a subcloud must have for it; <see langword="null"/> for endpoints that every cloud has.</summary>
    public string? Feature { get; private init; }

    /// <summary>Whether what comes out are pictures, which are counted.</summary>
    public bool MakesImages => this == ImageGenerations || this == ImageEdits || this == ImageVariations;

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
