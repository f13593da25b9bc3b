namespace Resultity.Node.Runtimes.Processes;

/// <summary>A child process could not be had, or did not do what it was started for. The message says which, why, and what it said last.</summary>
public sealed class ChildException : Exception
{
    /// <summary>Makes one from what is told to the operator.</summary>
    /// <param name="message">The whole story in one or two sentences.</param>
    /// <param name="inner">What lies behind it, if it is an exception.</param>
    public ChildException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }

    /// <summary>After which time another try makes sense; <see langword="null"/> when nothing is known of it.</summary>
    public TimeSpan? RetryAfter { get; init; }
}
