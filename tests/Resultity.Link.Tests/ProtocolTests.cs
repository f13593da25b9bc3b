using Resultity.Link.Frames;
using Resultity.Link.Tests.Support;

namespace Resultity.Link.Tests;

public sealed class ProtocolTests
{
    public static TheoryData<string, byte[], LinkErrorCode> Broken => new()
    {
        { "unknown type", Wire.Frame((FrameType)77, 1, []), LinkErrorCode.Protocol },
        { "type zero", Wire.Frame(0, 0, []), LinkErrorCode.Protocol },
        { "payload over the limit", [0xff, 0xff, 3, 0, 1, 0, 0, 0], LinkErrorCode.TooLarge },
        { "flags that a frame does not have", Wire.Frame(FrameType.Window, 1, new byte[4], FrameFlags.End), LinkErrorCode.Protocol },
        { "stream on a ping", Wire.Frame(FrameType.Ping, 1, new byte[8]), LinkErrorCode.Protocol },
        { "data on stream 0", Wire.Data(0, 1), LinkErrorCode.Protocol },
        { "ping of another length", Wire.Frame(FrameType.Ping, 0, new byte[7]), LinkErrorCode.Protocol },
        { "open with an id of ours", Wire.Open(2, "/a"), LinkErrorCode.Protocol },
        { "open twice", [.. Wire.Open(1, "/hold", end: false), .. Wire.Open(1, "/hold")], LinkErrorCode.Protocol },
        { "open without a path", Wire.Open(1, ""), LinkErrorCode.Protocol },
        { "path without a slash", Wire.Open(1, "a"), LinkErrorCode.Protocol },
        { "path with a line break", Wire.Open(1, "/a\nb"), LinkErrorCode.Protocol },
        { "path longer than the frame", Wire.Frame(FrameType.Open, 1, [1, (byte)'A', 255, 255, (byte)'/', 0]), LinkErrorCode.Protocol },
        { "method in lower case", Wire.Frame(FrameType.Open, 1, [1, (byte)'a', 1, 0, (byte)'/', 0]), LinkErrorCode.Protocol },
        { "more headers than bytes", Wire.Frame(FrameType.Open, 1, [1, (byte)'A', 1, 0, (byte)'/', 60]), LinkErrorCode.Protocol },
        { "more headers than allowed", Wire.Frame(FrameType.Open, 1, [1, (byte)'A', 1, 0, (byte)'/', 200, .. new byte[1000]]), LinkErrorCode.TooLarge },
        { "header name in upper case", Wire.Frame(FrameType.Open, 1, [1, (byte)'A', 1, 0, (byte)'/', 1, 1, (byte)'X', 1, 0, (byte)'b']), LinkErrorCode.Protocol },
        { "header value with a line break", Wire.Frame(FrameType.Open, 1, [1, (byte)'A', 1, 0, (byte)'/', 1, 1, (byte)'x', 1, 0, (byte)'\n']), LinkErrorCode.Protocol },
        { "answer by the opener", Wire.Frame(FrameType.Head, 1, [200, 0, 0]), LinkErrorCode.Protocol },
        { "status of no answer", Wire.Frame(FrameType.Head, 2, [0, 0, 0]), LinkErrorCode.Protocol },
        { "more than the window", [.. Wire.Open(1, "/hold", end: false), .. Wire.Data(1, 32768), .. Wire.Data(1, 32768), .. Wire.Data(1, 1)], LinkErrorCode.FlowControl },
        { "data after the end", [.. Wire.Open(1, "/hold"), .. Wire.Data(1, 1)], LinkErrorCode.FlowControl },
        { "window of nothing", [.. Wire.Open(1, "/hold"), .. Wire.Window(1, 0)], LinkErrorCode.FlowControl },
        { "window below nothing", [.. Wire.Open(1, "/hold"), .. Wire.Window(1, -5)], LinkErrorCode.FlowControl },
        { "window over the top", [.. Wire.Open(1, "/hold"), .. Wire.Window(1, int.MaxValue)], LinkErrorCode.FlowControl },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public async Task Broken_word_closes_the_link_with_its_reason(string what, byte[] bytes, LinkErrorCode code)
    {
        var hold = new DelegateHandler(async incoming => await Task.Delay(Timeout.Infinite, incoming.Aborted));
        var fault = await Wire.FeedAsync(bytes, handler: hold);
        Assert.True(fault.Code == code, $"{what}: {fault}");
        Assert.True(fault.LinkEnded);
    }

    [Fact]
    public async Task Frames_for_streams_that_are_gone_are_no_offence()
    {
        var fault = await Wire.FeedAsync([.. Wire.Data(99, 10), .. Wire.Window(99, 10), .. Wire.Frame(FrameType.Head, 2, [200, 0, 0]), .. Wire.Frame(FrameType.Reset, 4, [3, 0])]);
        Assert.Equal(LinkErrorCode.Lost, fault.Code);
    }

    [Fact]
    public async Task Frames_arrive_whole_in_pieces_of_any_size()
    {
        byte[] session = [.. Enumerable.Range(0, 50).SelectMany(i => Wire.Open((uint)((i * 2) + 1), "/echo", new string('x', i * 100)))];
        for (var seed = 0; seed < 20; seed++)
        {
            var served = 0;
            var all = new TaskCompletionSource();
            var fault = await Wire.FeedAsync(session, seed, new DelegateHandler(async incoming =>
            {
                Assert.True((await incoming.ReadBodyAsync(10_000)).Ended);
                if (Interlocked.Increment(ref served) == 50)
                    all.SetResult();
            }));
            await all.Task.WaitAsync(Reading.Patience);
            Assert.Equal(LinkErrorCode.Lost, fault.Code);
        }
    }

    [Fact]
    public async Task Peer_that_makes_us_answer_and_does_not_read_is_cut()
    {
        await using var pair = await LinkPair.StartAsync(null, options: new LinkOptions { SendLimit = 64 * 1024, DeadAfter = TimeSpan.FromMinutes(1) }, proxied: true);
        pair.Proxy.Stall();
        while (!pair.Gateway.Ended)
        {
            pair.Gateway.Sender.Ping(FrameType.Ping, 1);
            await Task.Yield();
        }
        Assert.Equal(LinkErrorCode.TooLarge, (await pair.GatewayRun.WaitAsync(Reading.Patience)).Code);
    }
}
