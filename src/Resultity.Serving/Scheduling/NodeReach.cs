namespace Resultity.Serving.Scheduling;

/// <summary>Whose requests a node serves: the main cloud's, and those of the subclouds that it is a member of.</summary>
/// <param name="Main">Whether it serves the main cloud.</param>
/// <param name="Subclouds">The subclouds' names; a handful.</param>
public sealed record NodeReach(bool Main, IReadOnlyList<string> Subclouds)
{
    /// <summary>A node that nothing is known of serves the main cloud.</summary>
    public static NodeReach MainOnly { get; } = new(Main: true, []);

    /// <summary>Whether it serves a subcloud, or the main cloud where the name is <see langword="null"/>.</summary>
    public bool Serves(string? subcloud)
    {
        if (subcloud is null)
        {
            return Main;
        }

        for (var i = 0; i < Subclouds.Count; i++)
        {
            if (Subclouds[i] == subcloud)
            {
                return true;
            }
        }

        return false;
    }
}
