using Resultity.Onnx.Tests.Tokenizers;
using Resultity.Onnx.Text;
using Xunit;

[assembly: AssemblyFixture(typeof(Resultity.Onnx.Tests.Text.ChatModel))]

namespace Resultity.Onnx.Tests.Text;

/// <summary>The built-in chat model, loaded once as exported and once with its attention rewritten, and prompts for it.</summary>
public sealed class ChatModel : IDisposable
{
    public const int UserTurnEnd = 2;

    public TextModel AsExported { get; } = TextModel.Load(BuiltInModels.Chat, new TextModelOptions { FuseAttention = false });
    public TextModel InPlace { get; } = TextModel.Load(BuiltInModels.Chat);
    internal NaiveDecoder Reference { get; } = new(BuiltInModels.Chat);

    public static int[] Hello { get; } = [1, 278, 15, 660, 2, 15, 1, 275, 15];
    public static int[] WhoAreYou { get; } = [1, 278, 15, 894, 347, 368, 68, 2, 15, 1, 275, 15];
    public static int[] CountToFive { get; } = [1, 278, 15, 669, 385, 1506, 51, 2, 15, 1, 275, 15];
    public static int[] FoxStory { get; } = [1, 278, 15, 772, 357, 267, 548, 731, 498, 267, 1407, 51, 2, 15, 1, 275, 15];
    public static int[] Sky { get; } = [1, 278, 15, 387, 360, 306, 298, 1435, 126, 68, 2, 15, 1, 275, 15];
    public static int[][] Prompts { get; } = [Hello, WhoAreYou, CountToFive, FoxStory, Sky];

    public TextModel Model(bool inPlace) => inPlace ? InPlace : AsExported;

    public TextEngine Engine(bool inPlace, TextEngineOptions? options = null) => new(Model(inPlace), options ?? new TextEngineOptions { PrefixCacheBytes = 0 }, TimeProvider.System);

    /// <summary>A long prompt that repeats nothing within itself.</summary>
    public static int[] Long(int tokens, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, tokens).Select(_ => random.Next(5, 1500))];
    }

    public void Dispose()
    {
        Reference.Dispose();
        InPlace.Dispose();
        AsExported.Dispose();
    }
}

internal static class GenerationReading
{
    /// <summary>All tokens to the end.</summary>
    public static async Task<List<GeneratedToken>> AllAsync(this Generation generation)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        List<GeneratedToken> tokens = [];
        while (await generation.WaitAsync(limit.Token))
            while (generation.TryRead(out var token)) tokens.Add(token);
        return tokens;
    }

    public static async Task<List<int>> IdsAsync(this Generation generation) => [.. (await generation.AllAsync()).Select(t => t.Token)];
}
