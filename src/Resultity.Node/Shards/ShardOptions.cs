namespace Resultity.Node.Shards;

/// <summary>What this node does for models that are sharded over several nodes.</summary>
public sealed record ShardOptions
{
    /// <summary>The most memory lent to layers, in bytes.</summary>
    /// <value>What the system says is free, less an eighth.</value>
    public long? Memory { get; init; }

    /// <summary>Whether the node holds layers for other nodes. Its engine takes bytes from them, so the operator decides.</summary>
    /// <value>false</value>
    public bool IsMember { get; init; }

    /// <summary>GGUF files that this node serves as head, with the help of others where its own memory does not suffice; by the name clients use.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Models { get; init; } = [];

    /// <summary>The program <c>llama-server</c>.</summary>
    public string? LlamaServer { get; init; }

    /// <summary>The program <c>ggml-rpc-server</c>.</summary>
    public string? RpcServer { get; init; }

    /// <summary>Threads that each engine computes with.</summary>
    /// <value>As many as the machine has processors.</value>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Where members keep large tensors, so that loading again sends little.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>How long a head may take to load its layers and its members', until it is counted as failed.</summary>
    /// <value>30 minutes</value>
    public TimeSpan LoadTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How long a head whose engine was lost keeps its requests waiting for a new plan.</summary>
    /// <value>2 minutes</value>
    public TimeSpan ReplanPatience { get; init; } = TimeSpan.FromMinutes(2);
}
