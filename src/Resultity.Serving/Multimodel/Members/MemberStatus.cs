namespace Resultity.Serving.Multimodel.Members;

/// <summary>How far a member has got.</summary>
internal enum MemberStatus
{
    NotStarted,
    Running,
    Completed,
    Failed,

    /// <summary>Stopped because it was not needed any more, or because the caller went.</summary>
    Cancelled,

    /// <summary>Stopped because the members' time was over.</summary>
    TimedOut,
}
