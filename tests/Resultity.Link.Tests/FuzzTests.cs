using CsCheck;
using Resultity.Link.Frames;
using Resultity.Link.Tests.Support;

namespace Resultity.Link.Tests;

/// <summary>Whatever a peer sends, the link ends for a reason that is its own, and nothing else is thrown.</summary>
public sealed class FuzzTests
{
    private static readonly LinkErrorCode[] Reasons =
        [LinkErrorCode.Lost, LinkErrorCode.Protocol, LinkErrorCode.TooLarge, LinkErrorCode.FlowControl];

    private static readonly Gen<byte[]> AnyFrame =
        from type in Gen.Int[0, 12]
        from stream in Gen.Int[0, 5]
        from flags in Gen.Int[0, 3]
        from payload in Gen.OneOf(Gen.Byte.Array[0, 40], Gen.Byte.Array[8, 8], Gen.Byte.Array[4, 4])
        select Wire.Frame((FrameType)type, (uint)stream, payload, (FrameFlags)flags);

    private static readonly Gen<byte[]> GoodFrame = Gen.OneOf(
        Gen.Int[0, 4].Select(i => Wire.Open((uint)((i * 2) + 1), "/echo", "hello", end: i % 2 == 0)),
        Gen.Select(Gen.Int[0, 9], Gen.Int[0, 3000], Gen.Bool).Select((stream, length, end) => Wire.Data((uint)stream, length, end)),
        Gen.Select(Gen.Int[0, 9], Gen.Int[1, 100_000]).Select((stream, credit) => Wire.Window((uint)stream, credit)),
        Gen.Int[1, 9].Select(stream => Wire.Frame(FrameType.Reset, (uint)stream, [3, 0])),
        Gen.Int[1, 9].Select(stream => Wire.Frame(FrameType.End, (uint)stream, [0])),
        Gen.Const(Wire.Frame(FrameType.Ping, 0, new byte[8])));

    [Fact]
    public Task Random_bytes() => Gen.Select(Gen.Byte.Array[0, 2000], Gen.Int).SampleAsync((bytes, seed) => Survives(bytes, seed), iter: 3000, threads: 2);

    [Fact]
    public Task Random_frames() => Gen.Select(AnyFrame.Array[1, 30], Gen.Int).SampleAsync((frames, seed) => Survives([.. frames.SelectMany(frame => frame)], seed), iter: 3000, threads: 2);

    [Fact]
    public Task Mutated_sessions() => Gen.Select(GoodFrame.Array[1, 40], Gen.Int, Gen.Int[0, 4]).SampleAsync((frames, seed, mutations) =>
    {
        byte[] session = [.. frames.SelectMany(frame => frame)];
        var random = new Random(seed);
        for (var i = 0; i < mutations; i++)
            session[random.Next(session.Length)] ^= (byte)(1 << random.Next(8));
        return Survives(session, seed);
    }, iter: 3000, threads: 2);

    [Fact]
    public Task Random_header_blocks() => Gen.Byte.Array[0, 300].SampleAsync(bytes =>
    {
        try
        {
            ReadOnlySpan<byte> source = bytes;
            foreach (var header in HeaderBlock.Read(ref source, new TextCache()))
                Assert.DoesNotContain(header.Name + header.Value, char.IsControl);
        }
        catch (LinkProtocolException)
        {
            // Refused, as most are.
        }
        return Task.CompletedTask;
    }, iter: 20_000, threads: 2);

    private static async Task Survives(byte[] bytes, int seed)
    {
        var fault = await Wire.FeedAsync(bytes, seed);
        // A GOAWAY among the bytes brings any code.
        Assert.True(Reasons.Contains(fault.Code) || bytes.Contains((byte)FrameType.GoAway), fault.ToString());
    }
}
