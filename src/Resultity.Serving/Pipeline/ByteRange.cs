namespace Resultity.Serving.Pipeline;

/// <summary>A part of a request body: where a value stands, so that it can be replaced without parsing again. Length 0 means absent.</summary>
public readonly record struct ByteRange(int Start, int Length)
{
    /// <summary>One past the last byte.</summary>
    public int End => Start + Length;

    /// <summary>Whether the value is not in the body.</summary>
    public bool IsEmpty => Length == 0;
}
