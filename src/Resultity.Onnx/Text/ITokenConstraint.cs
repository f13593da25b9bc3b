namespace Resultity.Onnx.Text;

/// <summary>
/// Says which tokens may come next in one sequence: a grammar seen through a tokenizer. The sampler masks the logits with it.
/// </summary>
/// <remarks>
/// One instance belongs to one sequence and is used by one thread at a time. The order of calls is
/// <see cref="FillAllowed"/>, <see cref="Accept"/>, <see cref="FillAllowed"/>, … No call allocates in proportion to the vocabulary.
/// End-of-sequence tokens are never in the mask: the caller allows them if and only if <see cref="CanEnd"/>.
/// </remarks>
public interface ITokenConstraint
{
    /// <summary>
    /// Sets one bit per token id (id 0 is the lowest bit of the first element) for each token that may come next, and clears the rest.
    /// </summary>
    /// <param name="bitmask">At least (vocabulary size + 31) / 32 elements; all of them are overwritten.</param>
    /// <remarks>If nothing is set and <see cref="CanEnd"/> is true, the sequence must end here.</remarks>
    void FillAllowed(Span<uint> bitmask);

    /// <summary>Moves past a token that the last mask allowed. An end-of-sequence token is not passed here.</summary>
    /// <exception cref="InvalidOperationException">The token was not allowed.</exception>
    void Accept(int token);

    /// <summary>True if the output so far is complete, so the sequence may end.</summary>
    bool CanEnd { get; }
}
