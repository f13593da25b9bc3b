using System.Runtime.CompilerServices;

namespace Resultity.Serving.Batches;

/// <summary>Picks lines out of an input file.</summary>
internal static class LineFilter
{
    private const int Block = 64 * 1024;

    /// <summary>The chosen lines, each with its line feed, in pieces.</summary>
    /// <param name="input">The file, from its beginning.</param>
    /// <param name="numbers">The lines' numbers, ascending.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>> PickAsync(
        Stream input, IReadOnlyList<int> numbers, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var buffer = new byte[Block];
        var (number, next) = (1, 0);
        while (next < numbers.Count && await input.ReadAsync(buffer, cancellation).ConfigureAwait(false) is > 0 and var length)
        {
            for (var start = 0; start < length && next < numbers.Count;)
            {
                var end = buffer.AsSpan(start, length - start).IndexOf((byte)'\n');
                var piece = buffer.AsMemory(start, end < 0 ? length - start : end + 1);
                if (number == numbers[next])
                {
                    yield return piece;
                }

                start += piece.Length;
                if (end >= 0)
                {
                    next += number == numbers[next] ? 1 : 0;
                    number++;
                }
            }
        }

        // The last line of a file may have no line feed; nothing but white space is added where it has one.
        yield return "\n"u8.ToArray();
    }
}
