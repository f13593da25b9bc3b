using System.Text;
using System.Text.Json;
using Resultity.Node.Runtimes;
using Resultity.TestKit.Speech;

namespace Resultity.Node.Tests.Runtimes.Audio;

/// <summary>An exchange in memory with a form or JSON as its body, and any bytes as its answer.</summary>
internal sealed class SoundExchange(string path, string model, string contentType, byte[] body) : RuntimeExchange
{
    private readonly System.Buffers.ArrayBufferWriter<byte> _answer = new();
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public int Status { get; private set; }
    public string AnswerType { get; private set; } = "";
    public bool Completed { get; private set; }
    public List<int> Pieces { get; } = [];
    public Task First => _first.Task;
    public byte[] Bytes => _answer.WrittenSpan.ToArray();
    public string Text => Encoding.UTF8.GetString(Bytes);
    public JsonElement Json => JsonDocument.Parse(Bytes).RootElement;
    public List<JsonElement> Events => [.. Text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(static data => data["data: ".Length..]).Where(static data => data != "[DONE]").Select(static data => JsonDocument.Parse(data).RootElement)];

    public override string RequestId => "req_test";
    public override string Path => path;
    public override string Model => model;
    public override string ContentType => contentType;
    public override ReadOnlyMemory<byte> Body => body;
    public override string? TraceParent => null;
    public override bool Started => Status != 0;

    public static async Task<SoundExchange> FormAsync(string path, string model, byte[] file, string name, params (string Name, string Value)[] fields)
    {
        using var form = SoundForm.Of(file, name, fields);
        return new SoundExchange(path, model, form.Headers.ContentType!.ToString(), await form.ReadAsByteArrayAsync());
    }

    public static SoundExchange JsonOf(string path, string model, object body) => new(path, model, "application/json", JsonSerializer.SerializeToUtf8Bytes(body));

    public override ValueTask RespondAsync(int status, string contentType, ReadOnlyMemory<byte> answer, CancellationToken cancellation)
    {
        (Status, AnswerType, Completed) = (status, contentType, true);
        System.Buffers.BuffersExtensions.Write(_answer, answer.Span);
        return default;
    }

    public override ValueTask StartAsync(int status, string contentType, CancellationToken cancellation)
    {
        (Status, AnswerType) = (status, contentType);
        return default;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        System.Buffers.BuffersExtensions.Write(_answer, piece.Span);
        Pieces.Add(piece.Length);
        _first.TrySetResult();
        return default;
    }

    public override ValueTask CompleteAsync(CancellationToken cancellation)
    {
        Completed = true;
        return default;
    }
}
