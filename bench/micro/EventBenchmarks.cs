using System.Text;
using BenchmarkDotNet.Attributes;
using Resultity.Serving.Pipeline.Answers;

namespace Resultity.Micro;

/// <summary>A stream of 64 server-sent events on its way through the pipeline: cut into events, looked into for usage and endings.</summary>
[MemoryDiagnoser]
public class EventBenchmarks
{
    private const int Events = 64;

    private byte[] _together = [];
    private byte[][] _single = [];
    private byte[] _chunk = [];

    [GlobalSetup]
    public void Build()
    {
        _single = [.. Enumerable.Range(0, Events).Select(number => Encoding.UTF8.GetBytes(
            $$"""
            data: {"id":"chatcmpl-stub","object":"chat.completion.chunk","created":1700000000,"model":"stub-model","choices":[{"index":0,"delta":{"content":" t{{number}}"},"finish_reason":null}]}


            """.ReplaceLineEndings("\n")))];
        _together = [.. _single.SelectMany(one => one)];
        _chunk = [.. _single[7].AsSpan(6).TrimEnd((byte)'\n')];
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
}
