using System.Net;
using Microsoft.Extensions.Logging;
using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;

namespace Resultity.Node.Runtimes.OpenAi;

/// <summary>Serves the models of a running server that speaks OpenAI's protocol: vLLM, SGLang, llama-server, Ollama, a cloud.</summary>
/// <remarks>
/// The server is asked for its models again and again; what it lists is offered, and nothing while it does not answer. Answers, errors
/// included, pass as they are: the gateway brings them into the contract's shape.
/// </remarks>
public sealed partial class OpenAiRuntime : IRuntime
{
    private const int LongestList = 4 * 1024 * 1024;
    // One slow answer of a busy server does not take its models away.
    private const int TimeoutsUntilGone = 2;
    private readonly OpenAiRuntimeOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<OpenAiRuntime> _logger;
    private readonly HttpMessageInvoker _http;
    private readonly Uri _root;
    private int _disposed;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _probeNow = new(0, 1);
    private UpstreamKey? _key;
    private UpstreamRelay? _relay;
    private UpstreamVideo? _videos;
    private Task _probing = Task.CompletedTask;
    private volatile IReadOnlyList<ModelOffer> _offers = [];
    private int _timeouts;
    private bool? _wasThere;

    /// <summary>Makes the runtime; nothing is asked of the server before <see cref="StartAsync"/>.</summary>
    public OpenAiRuntime(OpenAiRuntimeOptions options, TimeProvider time, ILogger<OpenAiRuntime> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        (_options, _time, _logger) = (options, time, logger);
        _root = RootOf(options.Url);
        _http = new HttpMessageInvoker(new SocketsHttpHandler
        {
            // A proxy between a node and a server on the same machine is never meant.
            UseProxy = !_root.IsLoopback,
            AllowAutoRedirect = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(60),
        });
    }

    /// <inheritdoc/>
    public event Action? OffersChanged;

    /// <inheritdoc/>
    public string Name => "openai";

    /// <inheritdoc/>
    public IReadOnlyList<ModelOffer> Offers => _offers;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellation)
    {
        if (_options.Url is not { IsAbsoluteUri: true, Scheme: "http" or "https" })
            throw new RuntimeStartException($"The upstream's URL is '{_options.Url}'; it must be an absolute http or https URL.");
        if (_options.Slots is < 1 or > 65536)
            throw new RuntimeStartException($"The upstream's slots are {_options.Slots}; they must be 1 to 65536.");
        _key = new UpstreamKey(_options);
        _relay = new UpstreamRelay(_http, _root, _key);
        _videos = new UpstreamVideo(_http, _root, _key, _time);
        // The first look is waited for, so that a node whose server is there offers its models from the first moment.
        await ProbeAsync(cancellation);
        _probing = ProbeLoopAsync(_stop.Token);
    }

    /// <inheritdoc/>
    public async ValueTask ExecuteAsync(RuntimeExchange exchange, CancellationToken cancellation)
    {
        try
        {
            if (exchange.Path == InferenceEndpoint.ImageDescription.Path) await UpstreamDescription.ServeAsync(exchange, _relay!, _time, cancellation);
            else if (exchange.Path == InferenceEndpoint.Videos.Path) await _videos!.ServeAsync(exchange, cancellation);
            else await _relay!.RelayAsync(exchange, cancellation);
        }
        catch (Exception e) when (e is HttpRequestException or IOException and not Link.LinkStreamException)
        {
            // It may be gone: look at once, so that its models are not offered for longer than need be.
            LookNow();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        // A container that holds it under two types disposes of it twice.
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        await _stop.CancelAsync();
        await _probing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _http.Dispose();
        _stop.Dispose();
        _probeNow.Dispose();
    }

    private static Uri RootOf(Uri url)
    {
        if (!url.IsAbsoluteUri)
            return new Uri("http://invalid.invalid/");
        var text = url.GetLeftPart(UriPartial.Path).TrimEnd('/');
        if (text.EndsWith("/v1", StringComparison.OrdinalIgnoreCase))
            text = text[..^3];
        return new Uri(text + "/");
    }

    private void LookNow()
    {
        try
        {
            _probeNow.Release();
        }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
        {
            // A look is due already, or the runtime ends.
        }
    }

    private async Task ProbeLoopAsync(CancellationToken cancellation)
    {
        await using var timer = _time.CreateTimer(static runtime => ((OpenAiRuntime)runtime!).LookNow(), this, _options.ProbeInterval, _options.ProbeInterval);
        while (true)
        {
            await _probeNow.WaitAsync(cancellation);
            await ProbeAsync(cancellation);
        }
    }

    private async Task ProbeAsync(CancellationToken cancellation)
    {
        _key!.Refresh();
        using var timeout = new CancellationTokenSource(_options.ProbeTimeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation);
        try
        {
            Update(await AskAsync(both.Token), null);
            _timeouts = 0;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            if (++_timeouts >= TimeoutsUntilGone || _offers.Count == 0)
                Update([], "it does not answer in time");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            Update([], e.GetBaseException().Message);
        }
    }

    /// <exception cref="HttpRequestException">Not a list of models.</exception>
    private async Task<IReadOnlyList<ModelOffer>> AskAsync(CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(_root, "v1/models")) { Version = HttpVersion.Version11 };
        if (_key!.Authorization is { } authorization)
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        using var response = await _http.SendAsync(request, cancellation);
        if (response.StatusCode != HttpStatusCode.OK)
            throw new HttpRequestException($"it answers /v1/models with status {(int)response.StatusCode}");
        await response.Content.LoadIntoBufferAsync(LongestList, cancellation);
        var json = await response.Content.ReadAsByteArrayAsync(cancellation);
        return UpstreamModels.Parse(json, _options, Name) ?? throw new HttpRequestException("its answer to /v1/models is not a list of models");
    }

    private void Update(IReadOnlyList<ModelOffer> offers, string? missing)
    {
        if (_wasThere != missing is null)
        {
            _wasThere = missing is null;
            if (missing is null)
                LogThere(_root, offers.Count);
            else
                LogGone(_root, missing);
        }
        if (offers.SequenceEqual(_offers))
            return;
        _offers = offers;
        OffersChanged?.Invoke();
    }
}
