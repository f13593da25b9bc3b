using Resultity.Contracts.Values;

namespace Resultity.Serving.Stores;

/// <summary>The storage cannot do its work: the disk is full, a file is damaged, the folder is in use by another process.</summary>
/// <remarks>Thrown, not returned: no caller can do anything but give up. <see cref="Fault"/> is what a client is told.</remarks>
public sealed class StorageException : Exception
{
    /// <summary>Says what is wrong to the operator, and what a client is told.</summary>
    public StorageException(string message, Fault fault, Exception? inner = null)
        : base(message, inner) => Fault = fault;

    /// <summary>What a client is told; it names no path.</summary>
    public Fault Fault { get; }

    /// <summary>Whether the write may have been done nevertheless: the connection broke while it was committed.</summary>
    public bool IsOutcomeUnknown { get; init; }

    /// <summary>The same exception with <see cref="IsOutcomeUnknown"/>.</summary>
    public StorageException WithOutcomeUnknown() => new(Message, Fault, InnerException) { IsOutcomeUnknown = true };
}
