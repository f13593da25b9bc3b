using System.Diagnostics;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Resultity.Gateway.Http.Refusals;

/// <summary>Gives OpenAI's error shape to what Kestrel refuses before any middleware runs: a malformed head, too many headers, a head that comes too slowly.</summary>
/// <remarks>
/// Kestrel writes such refusals without a body and offers no hook for one, but announces them to its diagnostic listener beforehand.
/// The announcement carries the connection's features, and among them the writer that <see cref="Configure"/> has put in front of the transport.
/// </remarks>
internal sealed class KestrelRefusals(DiagnosticListener diagnostics, IOptions<GatewayHttpOptions> options, TimeProvider time)
    : IConfigureOptions<KestrelServerOptions>, IHostedService, IObserver<KeyValuePair<string, object?>>, IDisposable
{
    private const string BadRequest = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";
    private IDisposable? _subscription;

    /// <summary>Applies to the endpoints that are added after it.</summary>
    public void Configure(KestrelServerOptions options) => options.ConfigureEndpointDefaults(static listen => listen.Use(static next => connection =>
    {
        var writer = new ConnectionRefusal(connection.Transport.Output);
        connection.Features.Set(writer);
        connection.Transport = new Duplex(connection.Transport.Input, writer);
        return next(connection);
    }));

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _subscription = diagnostics.Subscribe(this, static (name, _, _) => name == BadRequest);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public void Dispose() => _subscription?.Dispose();

    void IObserver<KeyValuePair<string, object?>>.OnNext(KeyValuePair<string, object?> announced)
    {
        if (announced is { Key: BadRequest, Value: IFeatureCollection features }
            && features.Get<IBadRequestExceptionFeature>()?.Error is Microsoft.AspNetCore.Http.BadHttpRequestException refused
            && features.Get<IHttpResponseFeature>() is { HasStarted: false }
            && features.Get<ConnectionRefusal>() is { } connection)
        {
            connection.AnswerWith(RefusalAnswer.Of(refused.StatusCode, options.Value, time));
        }
    }

    void IObserver<KeyValuePair<string, object?>>.OnCompleted()
    {
        // Nothing is announced any more.
    }

    void IObserver<KeyValuePair<string, object?>>.OnError(Exception error)
    {
        // The listener reports none.
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
