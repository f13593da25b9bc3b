using System.Buffers;
using System.Text;
using BenchmarkDotNet.Attributes;
using Resultity.Gateway.Http.Streaming;
using Resultity.Serving.Pipeline.Answers;

namespace Resultity.Micro;

/// <summary>A stream of 64 server-sent events on its way: cut into events, looked into for usage and endings, kept for readers that come back, written.</summary>
[MemoryDiagnoser]
public class EventBenchmarks
{
    private const int Events = 64;

    private byte[] _together = [];
    private byte[][] _single = [];
    private readonly ArrayBufferWriter<byte> _output = new(64 << 10);
    private readonly StreamMemory _memory = new(64 << 20);
    private byte[][] _chunks = [];
    private byte[] _chunk = [];

    [GlobalSetup]
    public void Build()
    {
        _single = [.. Enumerable.Range(0, Events).Select(number => Encoding.UTF8.GetBytes(
            $$"""
            data: {"id":"chatcmpl-stub","object":"chat.completion.chunk","created":1700000000,"model":"stub-model","choices":[{"index":0,"delta":{"content":" t{{number}}"},"finish_reason":null}]}


            """.ReplaceLineEndings("\n")))];
        _together = [.. _single.SelectMany(one => one)];
        _chunks = [.. _single.Select(one => one.AsSpan(6).TrimEnd((byte)'\n').ToArray())];
        _chunk = _chunks[7];
    }

    /// <summary>All events arrive in one piece.</summary>
    [Benchmark(OperationsPerInvoke = Events)]
    public int Split_together()
    {
        using var reader = new SseReader(1 << 20);
        reader.Feed(_together);
        var count = 0;
        while (reader.TryRead(out _)) count++;
        reader.Detach();
        return count;
    }

    /// <summary>Each event arrives by itself, as from a model that generates it.</summary>
    [Benchmark(OperationsPerInvoke = Events)]
    public int Split_one_by_one()
    {
        using var reader = new SseReader(1 << 20);
        var count = 0;
        foreach (var one in _single)
        {
            reader.Feed(one);
            while (reader.TryRead(out _)) count++;
            reader.Detach();
        }

        return count;
    }

    [Benchmark]
    public bool Scan_one_chunk() => ChunkScan.Read(_chunk, text: null).HasText;

    [Benchmark(OperationsPerInvoke = Events)]
    public int Write()
    {
        _output.ResetWrittenCount();
        for (var i = 0; i < Events; i++) SseFrame.Write(_output, i + 1, _chunks[i]);
        return _output.WrittenCount;
    }

    /// <summary>Keeps the events of one stream so that they can be read again.</summary>
    [Benchmark(OperationsPerInvoke = Events)]
    public int Keep()
    {
        using var log = new EventLog(_memory, 1 << 20);
        foreach (var chunk in _chunks) log.Append(chunk);
        return log.Bytes;
    }
}
