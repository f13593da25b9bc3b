using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace Resultity.Node.Runtimes.Onnx.Answers;

/// <summary>A token's bytes as text, for log-probabilities: bytes that are no whole characters are written as <c>\xe4</c>, as OpenAI does.</summary>
internal static class TokenText
{
    public static string Of(ReadOnlySpan<byte> bytes, string prefix = "")
    {
        if (Utf8.IsValid(bytes)) return Encoding.UTF8.GetString(bytes);
        var result = new StringBuilder(prefix);
        foreach (var value in bytes) result.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}");
        return result.ToString();
    }
}
