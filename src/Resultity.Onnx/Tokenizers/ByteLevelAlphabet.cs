using System.Text;

namespace Resultity.Onnx.Tokenizers;

/// <summary>GPT-2's reversible map between the 256 bytes and 256 printable characters.</summary>
internal static class ByteLevelAlphabet
{
    private static readonly char[] Characters = MakeCharacters();
    private static readonly Dictionary<char, byte> Bytes = Characters.Select((character, value) => (character, value)).ToDictionary(pair => pair.character, pair => (byte)pair.value);

    public static ReadOnlyMemory<char> Write(ReadOnlySpan<char> text)
    {
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        var length = Encoding.UTF8.GetBytes(text, bytes);
        var result = new char[length];
        for (var i = 0; i < length; i++) result[i] = Characters[bytes[i]];
        return result;
    }

    /// <summary>The bytes that a token spells, or null if it has a character outside the alphabet (an added token).</summary>
    public static byte[]? Read(ReadOnlySpan<char> token)
    {
        var result = new byte[token.Length];
        for (var i = 0; i < token.Length; i++)
        {
            if (!Bytes.TryGetValue(token[i], out result[i])) return null;
        }
        return result;
    }

    private static char[] MakeCharacters()
    {
        var result = new char[256];
        var next = 256;
        for (var value = 0; value < 256; value++)
            result[value] = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF) ? (char)value : (char)next++;
        return result;
    }
}
