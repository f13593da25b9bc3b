using System.Text.Json;
using Resultity.Contracts.Values;
using Resultity.Node.Runtimes.OpenAi;
using Resultity.Node.Runtimes.Processes;

namespace Resultity.Node.Runtimes.Supervised;

/// <summary>Requests as they are, to a program that speaks OpenAI's protocol; descriptions of images as the chats that its vision model answers.</summary>
internal sealed class OpenAiProtocol(SupervisedModel model, HttpMessageInvoker http, TimeProvider time) : EngineProtocol
{
    private Tuple<ChildInstance, UpstreamRelay>? _relay;
    private long _lastTold;

    /// <exception cref="FirstTokenTimeoutException">No token of a stream came in time.</exception>
    public override async ValueTask ServeAsync(RuntimeExchange exchange, ChildInstance instance, CancellationToken cancellation)
    {
        var relay = RelayTo(instance);
        if (exchange.Path == InferenceEndpoint.ImageDescription.Path)
        {
            await UpstreamDescription.ServeAsync(exchange, relay, time, cancellation);
        }
        else if (IsStreamed(exchange.Body.Span))
        {
            await StreamAsync(relay, exchange, cancellation);
        }
        else
        {
            await relay.RelayAsync(exchange, cancellation);
            Volatile.Write(ref _lastTold, time.GetTimestamp());
        }
    }

    private async ValueTask StreamAsync(UpstreamRelay relay, RuntimeExchange exchange, CancellationToken cancellation)
    {
        using var patience = new CancellationTokenSource(model.FirstTokenTimeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellation);
        var isTold = false;
        var watch = new FirstTokenWatch(exchange, () =>
        {
            Volatile.Write(ref _lastTold, time.GetTimestamp());
            if (isTold) return;
            isTold = true;
            patience.CancelAfter(Timeout.InfiniteTimeSpan);
        });
        try
        {
            await relay.RelayAsync(watch, both.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw new FirstTokenTimeoutException(
                $"it gave no token within {model.FirstTokenTimeout.TotalSeconds:0.#} s", time.GetElapsedTime(Volatile.Read(ref _lastTold)) >= model.FirstTokenTimeout);
        }
    }

    private static bool IsStreamed(ReadOnlySpan<byte> body)
    {
        var json = new Utf8JsonReader(body);
        try
        {
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject) return false;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("stream"u8)) return json.Read() && json.TokenType == JsonTokenType.True;
                json.Skip();
            }
        }
        catch (JsonException)
        {
            // A form, or nothing that the program will take.
        }

        return false;
    }

    private UpstreamRelay RelayTo(ChildInstance instance)
    {
        // Made anew for each life of the program, which has a port of its own; two that are made at once are equal.
        if (Volatile.Read(ref _relay) is { } known && known.Item1 == instance)
        {
            return known.Item2;
        }

        var relay = new UpstreamRelay(http, instance.Address, new UpstreamKey(new OpenAiRuntimeOptions { Url = instance.Address }));
        Volatile.Write(ref _relay, Tuple.Create(instance, relay));
        return relay;
    }
}
