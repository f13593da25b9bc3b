using System.Text;
using Resultity.Contracts.Fleet;
using Resultity.Node.Runtimes;

namespace Resultity.Gateway.Tests.Videos;

/// <summary>A runtime that answers like one that makes videos, as far as a test lets it.</summary>
internal sealed class VideoRuntime : IRuntime
{
    public const string Model = "mover";

    private readonly TaskCompletionSource _go = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public event Action? OffersChanged
    {
        add { }
        remove { }
    }

    /// <summary>What the file of each video is.</summary>
    public static byte[] File { get; } = [.. "....ftypisom, a video that nobody plays "u8, .. Enumerable.Range(0, 300_000).Select(static at => (byte)at)];

    public string Name => "videos";

    public IReadOnlyList<ModelOffer> Offers { get; } = [new ModelOffer { Model = Model, Endpoints = ["/v1/videos", "/v1/videos/description"], Slots = 4, Runtime = "videos" }];

    /// <summary>Ends when the first half of a video has been told.</summary>
    public TaskCompletionSource Half { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the work on a video was stopped.</summary>
    public TaskCompletionSource Stopped { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The bodies that came, as text.</summary>
    public List<string> Bodies { get; } = [];

    /// <summary>How many times it breaks in the middle.</summary>
    public int Breaks { get; set; }

    /// <summary>What it says instead of a video.</summary>
    public string? Refusal { get; set; }

    /// <summary>Lets videos come to their end.</summary>
    public void Go() => _go.TrySetResult();

    public Task StartAsync(CancellationToken cancellation) => Task.CompletedTask;

    public async ValueTask ExecuteAsync(RuntimeExchange exchange, CancellationToken cancellation)
    {
        lock (Bodies) Bodies.Add(Encoding.Latin1.GetString(exchange.Body.Span));
        if (exchange.Path.EndsWith("description", StringComparison.Ordinal))
        {
            await exchange.RespondAsync(200, "application/json", """{"created":1,"model":"mover","data":[{"text":"a thing"}],"usage":{"input_tokens":0,"output_tokens":2,"total_tokens":2}}"""u8.ToArray(), cancellation);
            return;
        }

        await exchange.StartAsync(200, "text/event-stream", cancellation);
        await SendAsync(exchange, """{"type":"video.progress","progress":0}""", cancellation);
        await SendAsync(exchange, """{"type":"video.progress","progress":50}""", cancellation);
        Half.TrySetResult();
        if (Breaks-- > 0) throw new InvalidOperationException("A runtime that breaks in the middle.");
        try
        {
            await _go.Task.WaitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            Stopped.TrySetResult();
            throw;
        }

        if (Refusal is not null)
        {
            await SendAsync(exchange, $$"""{"type":"video.failed","code":"moderation_blocked","message":"{{Refusal}}"}""", cancellation);
        }
        else
        {
            foreach (var piece in File.Chunk(100_000)) await SendAsync(exchange, $$"""{"type":"video.content.delta","variant":"video","content_type":"video/mp4","delta":"{{Convert.ToBase64String(piece)}}"}""", cancellation);
            await SendAsync(exchange, """{"type":"video.content.delta","variant":"thumbnail","content_type":"image/webp","delta":"UklGRg=="}""", cancellation);
            await SendAsync(exchange, """{"type":"video.completed","usage":{"input_tokens":7,"output_tokens":0,"total_tokens":7,"images":1}}""", cancellation);
        }

        await exchange.WriteAsync("data: [DONE]\n\n"u8.ToArray(), cancellation);
        await exchange.CompleteAsync(cancellation);
    }

    public ValueTask DisposeAsync() => default;

    private static ValueTask SendAsync(RuntimeExchange exchange, string data, CancellationToken cancellation) => exchange.WriteAsync(Encoding.ASCII.GetBytes($"data: {data}\n\n"), cancellation);
}
