namespace Resultity.Serving.Multimodel.Plans;

/// <summary>What a client or an operator wrote about several models, read and found right by itself. Immutable.</summary>
public sealed record MultimodelSpec
{
    /// <summary>The most models that one request may go to.</summary>
    public const int MostModels = 16;

    /// <summary>How long a hedge waits if it does not say.</summary>
    public static readonly TimeSpan DefaultHedge = TimeSpan.FromMilliseconds(800);

    /// <summary>What they do.</summary>
    public required MultimodelMode Mode { get; init; }

    /// <summary>The models, in the order of preference.</summary>
    public required IReadOnlyList<MemberSpec> Members { get; init; }

    /// <summary>How many members must answer for the call to succeed.</summary>
    public int MinSuccess { get; init; } = 1;

    /// <summary>How long a member has to begin its answer before the next is asked as well.</summary>
    public TimeSpan Hedge { get; init; } = DefaultHedge;

    /// <summary>How long the members have; <see langword="null"/> leaves it to the request's deadline.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The model that judges.</summary>
    public string? Judge { get; init; }

    /// <summary>Whether the judge writes an answer of its own instead of choosing one.</summary>
    public bool Synthesises { get; init; }

    /// <summary>How votes are counted.</summary>
    public VoteRule Vote { get; init; } = new();

    /// <summary>The models as a name spells them: <c>a|b</c>, <c>a+b</c>, <c>a+(b|c)</c>.</summary>
    public string Label => string.Join(
        Mode == MultimodelMode.Fallback ? '|' : '+',
        Members.Select(static member => member.Model.AsSpan().ContainsAny('|', '+') ? $"({member.Model})" : member.Model));
}

/// <summary>One model of several.</summary>
/// <param name="Model">Its name, or several names as <c>b|c</c>.</param>
/// <param name="Overrides">What it is asked otherwise than the rest.</param>
public sealed record MemberSpec(string Model, MemberOverrides? Overrides = null);

/// <summary>Fields of the request that one member sees with other values.</summary>
/// <param name="System">The system message instead of the request's own; <see langword="null"/> keeps that.</param>
/// <param name="Fields">Names and values, as JSON.</param>
public sealed record MemberOverrides(string? System, IReadOnlyDictionary<string, byte[]> Fields);

/// <summary>How votes are counted.</summary>
public sealed record VoteRule
{
    /// <summary>What makes two answers the same; <see langword="null"/>: fields if the request asks for JSON, else text.</summary>
    public VoteBy? By { get; init; }

    /// <summary>How many votes the winner needs.</summary>
    public int Quorum { get; init; } = 1;

    /// <summary>The embedding model that measures how near answers are.</summary>
    public string? Model { get; init; }
}

/// <summary>What makes two answers the same.</summary>
public enum VoteBy
{
    /// <summary>The same characters.</summary>
    Exact,

    /// <summary>The same words, whatever their case, spacing and punctuation.</summary>
    Text,

    /// <summary>The same values, each field of a JSON object by itself.</summary>
    Json,

    /// <summary>None is: the answer that is nearest to all of them wins.</summary>
    Centroid,
}
