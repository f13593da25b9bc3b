using System.Buffers;
using Resultity.Serving.Pipeline.Answers;

namespace Resultity.Serving.Pipeline;

/// <summary>The beginning of a plain text answer that a client already has, from which <see cref="InferencePipeline"/> can go on.</summary>
/// <remarks>Not safe for concurrent use. Its tokens were charged with the request that made them and are not charged again.</remarks>
public sealed class AnswerSoFar
{
    private readonly ArrayBufferWriter<byte> _text = new();

    /// <summary>Whether the answer had come to its end already, so that there is nothing to go on with.</summary>
    public bool IsFinished { get; private set; }

    internal ReadOnlySpan<byte> Text => _text.WrittenSpan;

    internal byte[] FirstChunk { get; private set; } = [];

    internal int Tokens { get; private set; }

    /// <summary>Adds the next event that the client was sent.</summary>
    /// <param name="data">The event's data.</param>
    public void Add(ReadOnlySpan<byte> data)
    {
        var facts = ChunkScan.Read(data, _text);
        Tokens += facts.HasText ? 1 : 0;
        IsFinished |= facts.IsFinished || facts.HasError || !facts.IsValid;
        if (FirstChunk.Length == 0)
        {
            FirstChunk = data.ToArray();
        }
    }
}
