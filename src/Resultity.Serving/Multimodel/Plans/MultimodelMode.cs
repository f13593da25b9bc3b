namespace Resultity.Serving.Multimodel.Plans;

/// <summary>What several models do with one request.</summary>
public enum MultimodelMode
{
    /// <summary>One after the other, until one answers.</summary>
    Fallback,

    /// <summary>At the same time; every answer is given.</summary>
    All,

    /// <summary>At the same time; the first answer is given and the others are stopped.</summary>
    First,

    /// <summary>Each a while after the one before it, for as long as none has begun to answer.</summary>
    Hedge,

    /// <summary>At the same time; the answer that most agree on is given.</summary>
    Vote,

    /// <summary>At the same time; a further model chooses among the answers, or makes one of them.</summary>
    Judge,
}

/// <summary>The modes' names on the wire.</summary>
public static class MultimodelModes
{
    /// <summary>Every name.</summary>
    public static IReadOnlyList<string> Names { get; } = ["fallback", "all", "first", "hedge", "vote", "judge"];

    /// <summary>The name of a mode.</summary>
    public static string Name(this MultimodelMode mode) => Names[(int)mode];

    /// <summary>The mode of a name; <see langword="null"/> if none has it.</summary>
    public static MultimodelMode? Find(string? name)
    {
        for (var i = 0; i < Names.Count; i++)
        {
            if (Names[i] == name)
            {
                return (MultimodelMode)i;
            }
        }

        return null;
    }
}
