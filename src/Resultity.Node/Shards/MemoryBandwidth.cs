using System.Numerics;
using System.Runtime.InteropServices;

namespace Resultity.Node.Shards;

/// <summary>How many bytes of weights this machine reads in a second: what limits the making of a token on a processor.</summary>
internal static class MemoryBandwidth
{
    private const int Bytes = 64 * 1024 * 1024;
    private const int Rounds = 3;

    /// <summary>Reads a piece of memory that no cache holds, on one thread; the best of some rounds.</summary>
    public static long Measure(TimeProvider time)
    {
        var weights = new byte[Bytes];
        // Written first, so that there is memory behind it.
        weights.AsSpan().Fill(1);
        var best = TimeSpan.MaxValue;
        var sum = Vector<ulong>.Zero;
        for (var round = 0; round < Rounds; round++)
        {
            var since = time.GetTimestamp();
            foreach (var vector in MemoryMarshal.Cast<byte, Vector<ulong>>(weights))
                sum += vector;
            var took = time.GetElapsedTime(since);
            best = took < best ? took : best;
        }
        GC.KeepAlive(sum);
        return best > TimeSpan.Zero ? (long)(Bytes / best.TotalSeconds) : 0;
    }
}
