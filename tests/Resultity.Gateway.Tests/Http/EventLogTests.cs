using System.Buffers;
using System.Text;
using Resultity.Gateway.Http.Streaming;

namespace Resultity.Gateway.Tests.Http;

public sealed class EventLogTests
{
    [Fact]
    public void Events_come_back_as_they_were_from_any_place()
    {
        using var log = new EventLog(new StreamMemory(1 << 20), 1 << 20);
        var random = new Random(7);
        var events = new List<string>();
        for (var i = 0; i < 2000; i++)
        {
            var text = random.Next(10) switch
            {
                0 => "",
                1 => new string('x', random.Next(6000)),
                2 => "ä" + random.Next(),
                3 => events.Count > 0 ? events[^1] : "a",
                _ => $$"""{"id":"c1","choices":[{"index":0,"delta":{"content":"{{random.Next(100)}}"},"finish_reason":null}]}""",
            };
            events.Add(text);
            log.Append(Encoding.UTF8.GetBytes(text));
        }

        foreach (var after in new[] { 0, 1, 17, 1000, 1999, 2000 })
        {
            var output = new ArrayBufferWriter<byte>();
            Assert.Equal(2000, log.CopyTo(output, after));
            var expected = new StringBuilder();
            for (var i = after; i < events.Count; i++)
            {
                expected.Append(System.Globalization.CultureInfo.InvariantCulture, $"id: {i + 1}\ndata: {events[i]}\n\n");
            }

            Assert.Equal(expected.ToString(), Encoding.UTF8.GetString(output.WrittenSpan));
        }
    }

    [Fact]
    public void A_token_takes_few_bytes()
    {
        var memory = new StreamMemory(1 << 20);
        using var log = new EventLog(memory, 1 << 20);
        for (var i = 0; i < 64; i++)
        {
            log.Append(Encoding.UTF8.GetBytes($$"""{"id":"chatcmpl-0123456789","object":"chat.completion.chunk","created":1700000000,"model":"stub-model","choices":[{"index":0,"delta":{"content":" token{{i}}"},"finish_reason":null}]}"""));
        }

        Assert.InRange(log.Bytes, 1, 1024 + 256);
    }

    [Fact]
    public void The_oldest_events_go_when_a_stream_is_above_its_limit()
    {
        var memory = new StreamMemory(1 << 20);
        var log = new EventLog(memory, 16 * 1024);
        var random = new Random(3);
        for (var i = 0; i < 500; i++)
        {
            var bytes = new byte[200];
            random.NextBytes(bytes);
            log.Append(Encoding.ASCII.GetBytes(Convert.ToHexString(bytes)));
        }

        Assert.Equal(500, log.Last);
        Assert.InRange(log.First, 2, 499);
        Assert.InRange(memory.Used, 1, 16 * 1024);
        log.Dispose();
        Assert.Equal(0, memory.Used);
    }

    [Fact]
    public void Without_memory_nothing_is_kept_and_nothing_looks_kept()
    {
        using var log = new EventLog(new StreamMemory(0), 1 << 20);
        log.Append("one"u8);
        log.Append("two"u8);
        Assert.Equal(2, log.Last);
        Assert.Equal(3, log.First);
    }
}
