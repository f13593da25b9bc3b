namespace Resultity.Contracts.Fleet;

/// <summary>What a node says of one model that it can serve.</summary>
public sealed record ModelOffer
{
    /// <summary>The model's name, as clients use it.</summary>
    public required string Model { get; init; }

    /// <summary>The paths it serves, such as <c>/v1/chat/completions</c>; paths the gateway does not know are ignored.</summary>
    public required IReadOnlyList<string> Endpoints { get; init; }

    /// <summary>How many requests the instance runs at the same time.</summary>
    public required int Slots { get; init; }

    /// <summary>Whether the model is loaded now.</summary>
    public ModelState State { get; init; } = ModelState.Ready;

    /// <summary>How far its load is; absent unless it is wanted and not ready.</summary>
    public ModelLoading? Loading { get; init; }

    /// <summary>Why <see cref="State"/> is <see cref="ModelState.Failed"/>, for operators, with the end of what the engine wrote; absent in other states.</summary>
    public string? Failure { get; init; }

    /// <summary>The kind of runtime that serves it, such as <c>onnx</c> or <c>openai</c>.</summary>
    public string Runtime { get; init; } = "";

    /// <summary>The most tokens of prompt and answer together; absent when the runtime does not say.</summary>
    public int? ContextLength { get; init; }

    /// <summary>Whether the runtime can go on from an unfinished assistant message (<c>continue_final_message</c>).</summary>
    public bool ContinuesPrefix { get; init; }

    /// <summary>Unix seconds of the model's creation, where known.</summary>
    public long? Created { get; init; }

    /// <summary>Who made the model, where known.</summary>
    public string? OwnedBy { get; init; }

    /// <summary>Digest of the model's files (<c>sha256:…</c>), where known.</summary>
    public string? Digest { get; init; }

    /// <summary>Whether the runtime writes down a share of long sound, so that several nodes write it down together (<c>resultity_part</c>).</summary>
    public bool SharesSound { get; init; }

    /// <summary>Names of the voices that it speaks with; absent for other models.</summary>
    public IReadOnlyList<string>? Voices { get; init; }
}
