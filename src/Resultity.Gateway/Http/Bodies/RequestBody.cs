namespace Resultity.Gateway.Http.Bodies;

/// <summary>A whole request body. The holder disposes of it when nothing reads the body any more.</summary>
internal abstract class RequestBody : IDisposable
{
    /// <summary>The bytes; valid until disposal.</summary>
    public abstract ReadOnlyMemory<byte> Memory { get; }

    /// <inheritdoc/>
    public abstract void Dispose();
}
