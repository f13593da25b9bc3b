namespace Resultity.Contracts.Fleet;

/// <summary>Where an instance is in its life.</summary>
public enum ModelState
{
    /// <summary>Can be loaded when it is asked for.</summary>
    Cold,

    /// <summary>Is being loaded.</summary>
    Loading,

    /// <summary>Serves requests.</summary>
    Ready,

    /// <summary>Has never shown on this node that it works; not placed until it has.</summary>
    Untested,

    /// <summary>Could not be loaded or stopped working; not placed until it says otherwise.</summary>
    Failed,
}
