using System.Text;

namespace Resultity.Gateway.Tests.Fuzz;

/// <summary>Ways to make a body wrong.</summary>
internal static class Mutations
{
    private static readonly string[] Strange =
    [
        "null", "true", "0", "-1", "1.5", "1e999", "-1e999", "99999999999999999999999999", "\"\"", "\"x\"", "[]", "{}", "[null]", "[[]]", "[{}]",
        "{\"type\":null}", "{\"role\":5}", "\"\\ud800\"", "\"\\u0000\"", "NaN", "Infinity", "01", "'a'", "undefined", "", "\"unfinished", "/* c */ 1",
    ];

    /// <summary>Makes one body wrong, mostly; some changes happen to be right.</summary>
    public static byte[] Apply(Random random, BodyWriter body)
    {
        var text = body.Text;
        switch (random.Next(9))
        {
            case 0:
            case 1:
            case 2:
                return Utf8(Replace(text, Any(random, body.Values), Strange[random.Next(Strange.Length)]));
            case 3:
                var (start, length) = Any(random, body.Fields);
                return Utf8(string.Concat(text.AsSpan(0, start + length), ",", text.AsSpan(start)));
            case 4:
                return Utf8(Replace(text, Any(random, body.Fields), "\"x\":1"));
            case 5:
                var depth = random.Next(60, 20_000);
                return Utf8(Replace(text, Any(random, body.Values), new string('[', depth) + (random.Next(2) == 0 ? new string(']', depth) : "")));
            case 6:
                return Utf8(text[..random.Next(text.Length)]);
            case 7:
                var bytes = Utf8(text);
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                return bytes;
            default:
                return Utf8(text + Strange[random.Next(Strange.Length)]);
        }
    }

    private static (int Start, int Length) Any(Random random, List<(int Start, int Length)> places) => places[random.Next(places.Count)];

    private static string Replace(string text, (int Start, int Length) place, string value) => text.Remove(place.Start, place.Length).Insert(place.Start, value);

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text);
}
