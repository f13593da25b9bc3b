namespace Resultity.Node.Models;

/// <summary>Why a model could not be fetched, as a sentence for its operator.</summary>
public sealed class PullException : Exception
{
    /// <summary>Creates the exception.</summary>
    public PullException(PullFailure failure, string message, Exception? cause = null)
        : base(message, cause) => Failure = failure;

    /// <summary>The family of failure.</summary>
    public PullFailure Failure { get; }
}

/// <summary>The families of failure of a pull that a caller can tell apart.</summary>
public enum PullFailure
{
    /// <summary>The repository, revision or variant does not exist.</summary>
    NotFound,

    /// <summary>The hub wants a token, or another one.</summary>
    Refused,

    /// <summary>The hub cannot be reached, or broke off too often; a later pull resumes.</summary>
    Unreachable,

    /// <summary>The hub sent something that is not what it announced.</summary>
    Corrupt,

    /// <summary>The files do not fit on the disk.</summary>
    NoSpace,

    /// <summary>The name or the state of the models folder does not allow it.</summary>
    Invalid,
}
