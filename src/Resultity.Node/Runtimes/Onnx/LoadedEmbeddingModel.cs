using Resultity.Onnx;
using Resultity.Onnx.Embeddings;
using Resultity.Onnx.Tokenizers;

namespace Resultity.Node.Runtimes.Onnx;

/// <summary>An embedding model in memory with its tokenizer.</summary>
internal sealed class LoadedEmbeddingModel(EmbeddingModel model, Tokenizer tokenizer) : LoadedModel
{
    public EmbeddingModel Model => model;

    public Tokenizer Tokenizer => tokenizer;

    public override int ContextLength => model.MaxTokens;

    /// <exception cref="ModelLoadException">The folder cannot be served; the message says why.</exception>
    public static LoadedEmbeddingModel Load(string folder)
    {
        try
        {
            var tokenizer = Tokenizer.Load(folder);
            return new LoadedEmbeddingModel(EmbeddingModel.Load(folder), tokenizer);
        }
        catch (TokenizerFormatException error)
        {
            throw new ModelLoadException($"'{folder}': {error.Message}", error);
        }
    }

    public override ValueTask DisposeAsync()
    {
        model.Dispose();
        return default;
    }
}
