using System.Text.Json;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http.Bodies;
using Resultity.Gateway.Http.Shapes;
using static Resultity.Gateway.Http.Shapes.SharedShapes;

namespace Resultity.Gateway.Completions;

/// <summary>The body of <c>POST /v1/completions</c>, after OpenAI's published schema.</summary>
internal static class CompletionBody
{
    private static readonly IntegerShape Token = new(0, int.MaxValue);

    /// <summary>The body's shape and rules.</summary>
    public static BodyShape Shape { get; } = new(InferenceEndpoint.Completions, Root(), Check, IsPlainText);

    private static ObjectShape Root() => new(
    [
        .. Sampling(),
        new("prompt", Prompt()) { Required = true, Slot = Slot.Prompt },
        new("best_of", new IntegerShape(1, 128).OrNull()) { Slot = Slot.BestOf },
        new("echo", NullableBool) { Slot = Slot.Echo },
        new("suffix", NullableString) { Slot = Slot.Suffix },
        new("logprobs", new IntegerShape(0, 5).OrNull()) { Slot = Slot.Logprobs },
    ]);

    private static UnionShape Prompt() => new(
    [
        StringShape.Any,
        new ArrayShape(StringShape.Any, 1, 2048),
        new ArrayShape(Token, 1),
        new ArrayShape(new ArrayShape(Token, 1), 1, 2048),
    ]);

    private static bool Check(ref Scan scan)
    {
        if (!ModelRule.Check(ref scan) || !StreamRule.Check(ref scan))
        {
            return false;
        }

        var bestOf = scan.Captures.Get(Slot.BestOf);
        if (!bestOf.HasValue)
        {
            return true;
        }

        var n = scan.Captures.Get(Slot.N) is { HasValue: true } given ? given.Integer : 1;
        if (bestOf.Integer < n)
        {
            scan.Fail("invalid_parameter_combination", "Invalid ", $": it must be at least 'n', which is {n}.");
            return scan.Within("best_of");
        }

        if (bestOf.Integer > n && scan.Captures.Get(Slot.Stream).IsTrue)
        {
            scan.Fail("invalid_parameter_combination", "Invalid ", ": the best of several completions cannot be streamed. Leave it out, or set 'stream' to false.");
            return scan.Within("best_of");
        }

        return true;
    }

    private static bool IsPlainText(in Captures captures) =>
        captures.Get(Slot.Prompt).Token is JsonTokenType.String
        && captures.Get(Slot.N) is { HasValue: false } or { Integer: 1 }
        && captures.Get(Slot.BestOf) is { HasValue: false } or { Integer: 1 }
        && !captures.Get(Slot.Logprobs).HasValue
        && !captures.Get(Slot.Suffix).HasValue
        && !captures.Get(Slot.Echo).IsTrue;
}
