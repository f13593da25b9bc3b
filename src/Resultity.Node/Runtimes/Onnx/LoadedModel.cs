namespace Resultity.Node.Runtimes.Onnx;

/// <summary>A model in memory.</summary>
internal abstract class LoadedModel : IAsyncDisposable
{
    /// <summary>The most tokens that it takes.</summary>
    public abstract int ContextLength { get; }

    public abstract ValueTask DisposeAsync();
}
