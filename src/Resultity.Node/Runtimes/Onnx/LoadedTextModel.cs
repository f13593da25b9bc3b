using Resultity.Onnx;
using Resultity.Onnx.Grammars;
using Resultity.Onnx.Templates;
using Resultity.Onnx.Text;
using Resultity.Onnx.Tokenizers;

namespace Resultity.Node.Runtimes.Onnx;

/// <summary>A text model in memory with everything that turns requests into tokens and tokens into answers.</summary>
internal sealed class LoadedTextModel : LoadedModel
{
    private readonly TextModel _model;

    private LoadedTextModel(TextModel model, TextEngine engine, Tokenizer tokenizer, ChatTemplate? template, string fingerprint)
    {
        (_model, Engine, Tokenizer, Template, Fingerprint) = (model, engine, tokenizer, template, fingerprint);
        Calls = template is null ? ToolCallFormat.Tagged : ToolCallFormat.Detect(template);
        Grammars = new GrammarCache(Calls);
        ShownTokens = new[] { Calls.Open, Calls.Close }.Select(tokenizer.FindToken).OfType<int>().ToHashSet();
        Constraints = new ConstraintFactory(tokenizer, ShownTokens);
    }

    public override int ContextLength => Config.ContextLength;

    /// <summary>Holds answers to grammars.</summary>
    public ConstraintFactory Constraints { get; }

    /// <summary>The grammars of requests, kept for the next request that asks for the same.</summary>
    public GrammarCache Grammars { get; }

    public TextEngine Engine { get; }
    public Tokenizer Tokenizer { get; }

    /// <summary>Null for a model without a chat template, which only completes texts.</summary>
    public ChatTemplate? Template { get; }

    /// <summary>How the model writes tool calls.</summary>
    public ToolCallFormat Calls { get; }

    /// <summary>Special tokens that are part of an answer: the marks of tool calls.</summary>
    public IReadOnlySet<int> ShownTokens { get; }

    /// <summary>Changes when the weights do.</summary>
    public string Fingerprint { get; }

    public TextModelConfig Config => _model.Config;

    /// <summary>The token ids that clients may name.</summary>
    public int Vocabulary => Math.Min(Tokenizer.VocabularySize, Config.VocabularySize);

    /// <exception cref="ModelLoadException">The folder cannot be served; the message says why.</exception>
    public static LoadedTextModel Load(string folder, OnnxRuntimeOptions options, string fingerprint, TimeProvider time)
    {
        try
        {
            var tokenizer = Tokenizer.Load(folder);
            var template = ChatTemplate.Load(folder, time);
            var model = TextModel.Load(folder, options.Model);
            return new LoadedTextModel(model, new TextEngine(model, options.Engine, time), tokenizer, template, fingerprint);
        }
        catch (Exception error) when (error is TokenizerFormatException or TemplateException)
        {
            throw new ModelLoadException($"'{folder}': {error.Message}", error);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        _model.Dispose();
    }
}
