namespace Resultity.Link;

/// <summary>What one read of a stream brought.</summary>
/// <param name="Memory">Everything that was waiting; valid until the next read or the disposal of the stream.</param>
/// <param name="Ended">True when nothing follows: the body ended as the sender meant it to.</param>
/// <param name="Fault">Not null when the body is cut off here. What arrived before was delivered by earlier reads.</param>
public readonly record struct LinkRead(ReadOnlyMemory<byte> Memory, bool Ended, LinkFault? Fault);
