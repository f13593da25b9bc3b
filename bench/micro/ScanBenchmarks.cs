using System.Text;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Resultity.Gateway.Chat;
using Resultity.Gateway.Http.Bodies;

namespace Resultity.Micro;

/// <summary>The one pass over a chat request's body that checks it and takes the envelope from it.</summary>
[MemoryDiagnoser]
public class ScanBenchmarks
{
    private byte[] _body = [];

    /// <summary>The size of the body; a conversation of messages of some 400 characters each.</summary>
    [Params(1_000, 100_000)]
    public int Bytes { get; set; }

    [GlobalSetup]
    public void Build()
    {
        var messages = new StringBuilder();
        for (var turn = 0; messages.Length < Bytes - 500; turn++)
        {
            var text = string.Concat(Enumerable.Repeat("The quick brown fox said: \\\"jump\\\", twice. ", 9));
            messages.Append($$"""{"role":"{{(turn % 2 == 0 ? "user" : "assistant")}}","content":"{{text}}"},""");
        }

        _body = Encoding.UTF8.GetBytes(
            $$"""{"model":"stub-model","temperature":0.7,"max_tokens":256,"stream":true,"stream_options":{"include_usage":true},"messages":[{{messages}}{"role":"user","content":"Go on."}]}""");
        if (!BodyScan.Read(_body, ChatBody.Shape).TryGet(out _, out var fault)) throw new InvalidOperationException(fault.Message);
    }

    [Benchmark]
    public bool Scan() => BodyScan.Read(_body, ChatBody.Shape).TryGet(out _, out _);

    /// <summary>What reading every token costs at least, for comparison.</summary>
    [Benchmark(Baseline = true)]
    public long Read_tokens_only()
    {
        var reader = new Utf8JsonReader(_body);
        while (reader.Read())
        {
        }

        return reader.BytesConsumed;
    }
}
