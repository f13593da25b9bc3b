namespace Resultity.Node.Runtimes.OpenAi;

/// <summary>One server that speaks OpenAI's protocol, and what of it this node serves.</summary>
public sealed record OpenAiRuntimeOptions
{
    /// <summary>The server's base URL, with or without the final <c>/v1</c>.</summary>
    public required Uri Url { get; init; }

    /// <summary>The models to serve.</summary>
    /// <value>Empty: all that the server lists.</value>
    public IReadOnlyList<string> Models { get; init; } = [];

    /// <summary>Requests that run at the same time, for each model.</summary>
    /// <value>8</value>
    public int Slots { get; init; } = 8;

    /// <summary>The paths it serves.</summary>
    /// <value>Chat completions, completions and embeddings.</value>
    public IReadOnlyList<string> Endpoints { get; init; } = ["/v1/chat/completions", "/v1/completions", "/v1/embeddings"];

    /// <summary>The same server with other paths; the same where none are named.</summary>
    public OpenAiRuntimeOptions Serving(IReadOnlyList<string> endpoints) => endpoints is { Count: > 0 } ? this with { Endpoints = endpoints } : this;

    /// <summary>A file whose first line is the server's API key; read again when it changes.</summary>
    public string? KeyFile { get; init; }

    /// <summary>An environment variable that holds the server's API key.</summary>
    public string? KeyVariable { get; init; }

    /// <summary>Tokens of prompt and answer together, where the server does not say it.</summary>
    public int? ContextLength { get; init; }

    /// <summary>Whether the server goes on from an unfinished assistant message when asked to (vLLM and SGLang do).</summary>
    public bool ContinuesPrefix { get; init; }

    /// <summary>How often the server is asked for its models, which also tells whether it is there.</summary>
    /// <value>2 seconds</value>
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a probe may take.</summary>
    /// <value>3 seconds</value>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromSeconds(3);
}
