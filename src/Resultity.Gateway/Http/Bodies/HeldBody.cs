namespace Resultity.Gateway.Http.Bodies;

/// <summary>A request body that the gateway made itself.</summary>
internal sealed class HeldBody(ReadOnlyMemory<byte> bytes) : RequestBody
{
    /// <inheritdoc/>
    public override ReadOnlyMemory<byte> Memory => bytes;

    /// <inheritdoc/>
    public override void Dispose()
    {
    }
}
