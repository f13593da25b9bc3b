namespace Resultity.Serving.Scheduling;

/// <summary>Where it is reported which subclouds there are and whose requests each node serves. Safe for concurrent use; returns at once.</summary>
public interface ISubcloudFacts
{
    /// <summary>There is a subcloud of this name, and it allows these models; <see langword="null"/> allows all. Said again, it replaces what was said before.</summary>
    void SubcloudIs(string name, IReadOnlySet<string>? models);

    /// <summary>A subcloud is no more.</summary>
    void SubcloudIsGone(string name);

    /// <summary>Whose requests a node serves from now on, linked or not. Until it is said, a node serves the main cloud only.</summary>
    void NodeServes(string nodeId, NodeReach reach);
}
