using System.Globalization;
using System.Text;
using Resultity.Contracts.Fleet;
using Resultity.Node.Runtimes;

namespace Resultity.Gateway.Tests.Audio;

/// <summary>A runtime that writes down as much sound as its pace lets it, without hearing it: a segment for each piece of its share.</summary>
/// <param name="seconds">Length of every sound.</param>
/// <param name="pace">How long a second of sound takes.</param>
internal sealed class PacedWriter(int seconds, TimeSpan pace) : IRuntime
{
    public const string Model = "paced";
    public const int Piece = 20;

    public event Action? OffersChanged
    {
        add { }
        remove { }
    }

    public string Name => "paced";

    public IReadOnlyList<ModelOffer> Offers { get; } = [new ModelOffer { Model = Model, Endpoints = ["/v1/audio/transcriptions"], Slots = 1, SharesSound = true }];

    public Task StartAsync(CancellationToken cancellation) => Task.CompletedTask;

    public async ValueTask ExecuteAsync(RuntimeExchange exchange, CancellationToken cancellation)
    {
        Assert.True(exchange.ReadForm().TryGet(out var parts, out _));
        var share = parts.FirstOrDefault(static part => part.Name == "resultity_part") is { } part ? Encoding.ASCII.GetString(part.In(exchange.Body).Span).Split('/').Select(int.Parse).ToArray() : [0, 1];
        var count = seconds / Piece;
        var (from, to) = (count * share[0] / share[1], count * (share[0] + 1) / share[1]);
        await Task.Delay(pace * ((to - from) * Piece), cancellation);
        var segments = Enumerable.Range(from, to - from).Select(static piece => string.Create(CultureInfo.InvariantCulture, $$"""{"id":0,"start":{{piece * Piece}}.0,"end":{{(piece + 1) * Piece}}.0,"text":" {{piece}}"}"""));
        await exchange.RespondAsync(200, "application/json", Encoding.UTF8.GetBytes($$$"""{"text":"x","duration":{{{seconds}}}.0,"segments":[{{{string.Join(',', segments)}}}],"usage":{"type":"duration","seconds":{{{seconds}}}}}"""), cancellation);
    }

    public ValueTask DisposeAsync() => default;
}
