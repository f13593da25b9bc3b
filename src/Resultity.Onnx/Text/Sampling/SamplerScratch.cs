namespace Resultity.Onnx.Text.Sampling;

/// <summary>Buffers that all samplers of one engine's thread share.</summary>
internal sealed class SamplerScratch(int vocabulary)
{
    public int Vocabulary { get; } = vocabulary;

    /// <summary>Weights of all tokens.</summary>
    public float[] Weights { get; } = new float[vocabulary];

    /// <summary>The scores as the model gave them, while the sampler changes its own.</summary>
    public float[] Original { get; } = new float[vocabulary];

    /// <summary>Candidates' weights and ids, in the same order.</summary>
    public float[] Keys { get; } = new float[vocabulary];
    public int[] Ids { get; } = new int[vocabulary];

    /// <summary>What a constraint allows.</summary>
    public uint[] Allowed { get; } = new uint[(vocabulary + 31) / 32];
}
