using System.Text.Json;

namespace Resultity.Node.Runtimes.Onnx.Generating;

/// <summary>Reads the beginning of a call, <c>{"name": "f", "arguments": {</c>, as far as it has come.</summary>
internal static class CallHeader
{
    public enum Result
    {
        /// <summary>It may still become one.</summary>
        Incomplete,

        /// <summary>Something else; the call has to be read whole.</summary>
        Other,

        /// <summary>The arguments' opening brace is next.</summary>
        Complete,
    }

    public static Result Read(string text, out string name, out int argumentsAt)
    {
        (name, argumentsAt) = ("", 0);
        var at = 0;
        if (Expect(text, ref at, "{") is not Result.Complete and var first) return first;
        if (Expect(text, ref at, "\"name\"") is not Result.Complete and var key) return key;
        if (Expect(text, ref at, ":") is not Result.Complete and var colon) return colon;
        if (ReadString(text, ref at, out name) is not Result.Complete and var value) return value;
        if (Expect(text, ref at, ",") is not Result.Complete and var comma) return comma;
        var mark = at;
        if (Expect(text, ref at, "\"arguments\"") is not Result.Complete and var arguments)
        {
            at = mark;
            if (Expect(text, ref at, "\"parameters\"") is not Result.Complete and var parameters) return arguments == Result.Incomplete ? arguments : parameters;
        }
        if (Expect(text, ref at, ":") is not Result.Complete and var second) return second;
        if (Expect(text, ref at, "{") is not Result.Complete and var brace) return brace;
        argumentsAt = at - 1;
        return Result.Complete;
    }

    private static Result Expect(string text, ref int at, string expected)
    {
        while (at < text.Length && char.IsWhiteSpace(text[at])) at++;
        foreach (var character in expected)
        {
            if (at == text.Length) return Result.Incomplete;
            if (text[at++] != character) return Result.Other;
        }
        return Result.Complete;
    }

    private static Result ReadString(string text, ref int at, out string value)
    {
        value = "";
        if (Expect(text, ref at, "\"") is not Result.Complete and var open) return open;
        var start = at - 1;
        for (; at < text.Length; at++)
        {
            if (text[at] == '\\') at++;
            else if (text[at] == '"')
            {
                at++;
                try
                {
                    using var document = JsonDocument.Parse(text.AsMemory(start, at - start));
                    value = document.RootElement.GetString()!;
                    return Result.Complete;
                }
                catch (Exception error) when (error is JsonException or InvalidOperationException)
                {
                    return Result.Other;
                }
            }
        }
        return Result.Incomplete;
    }
}
