using System.Text;
using Resultity.Onnx.Grammars;
using Resultity.Onnx.Tests.Tokenizers;
using Resultity.Onnx.Text;
using Resultity.Onnx.Tokenizers;

namespace Resultity.Onnx.Tests.Grammars;

/// <summary>Writes by chance what a constraint allows, as a model without any sense would.</summary>
internal static class RandomWriter
{
    private const string Closing = "\"}]0123456789";

    public static Tokenizer Tokenizer { get; } = Tokenizer.Load(BuiltInModels.Chat);

    public static ConstraintFactory Factory { get; } = new(Tokenizer, new HashSet<int>());

    /// <summary>A complete text. After some tokens the writer hurries to the end.</summary>
    public static string Write(Grammar grammar, Random random, int hurryAfter = 60)
    {
        var constraint = Factory.Create(grammar);
        var mask = new uint[(Tokenizer.VocabularySize + 31) / 32];
        var bytes = new MemoryStream();
        for (var step = 0; step < 5000; step++)
        {
            constraint.FillAllowed(mask);
            var allowed = Allowed(mask);
            if (constraint.CanEnd && (allowed.Count == 0 || step > hurryAfter || random.Next(4) == 0)) return Encoding.UTF8.GetString(bytes.ToArray());
            if (allowed.Count == 0) throw new InvalidOperationException($"a dead end after: {Encoding.UTF8.GetString(bytes.ToArray())}");
            var token = step > hurryAfter ? Hurried(allowed, random) : allowed[random.Next(allowed.Count)];
            constraint.Accept(token);
            bytes.Write(Tokenizer.GetTokenBytes(token).Span);
        }
        throw new InvalidOperationException($"no end after: {Encoding.UTF8.GetString(bytes.ToArray())[..200]}");
    }

    /// <summary>Whether a text can be written as a whole, byte by byte.</summary>
    public static bool Accepts(Grammar grammar, string text)
    {
        var constraint = Factory.Create(grammar);
        foreach (var token in Tokenizer.Encode(text, false, false))
        {
            if (!Allows(constraint, token)) return false;
            constraint.Accept(token);
        }
        return constraint.CanEnd;
    }

    public static bool Allows(ITokenConstraint constraint, int token)
    {
        var mask = new uint[(Tokenizer.VocabularySize + 31) / 32];
        constraint.FillAllowed(mask);
        return (mask[token >> 5] >> (token & 31) & 1) != 0;
    }

    private static int Hurried(List<int> allowed, Random random)
    {
        // A pattern may need another character first, so chance keeps a part.
        if (random.Next(3) == 0) return allowed[random.Next(allowed.Count)];
        foreach (var character in Closing)
            if (allowed.FirstOrDefault(token => Tokenizer.GetTokenBytes(token).Span.SequenceEqual([(byte)character]), -1) is >= 0 and var found) return found;
        return allowed[random.Next(allowed.Count)];
    }

    private static List<int> Allowed(uint[] mask)
    {
        var result = new List<int>();
        for (var token = 0; token < Tokenizer.VocabularySize; token++)
            if ((mask[token >> 5] >> (token & 31) & 1) != 0) result.Add(token);
        return result;
    }
}
