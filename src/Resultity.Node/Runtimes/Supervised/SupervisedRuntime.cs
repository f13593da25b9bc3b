using Microsoft.Extensions.Logging;
using Resultity.Contracts.Fleet;
using Resultity.Node.Runtimes.Audio;
using Resultity.Node.Runtimes.Processes;
using Resultity.Node.Runtimes.WhisperCpp;

namespace Resultity.Node.Runtimes.Supervised;

/// <summary>Serves models through server programs that it starts when they are wanted: llama-server, whisper-server, and any command that speaks OpenAI's protocol.</summary>
/// <remarks>A request for a model that is not loaded waits for its turn in the <see cref="MemoryBudget"/> and for the load. Programs listen on the loopback only.</remarks>
public sealed class SupervisedRuntime : IRuntime
{
    private readonly SupervisedOptions _options;
    private readonly MemoryBudget _budget;
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
    });

    private readonly Dictionary<string, ServedProgram> _served;
    private readonly Lock _gate = new();
    private volatile IReadOnlyList<ModelOffer> _offers;
    private bool _disposed;

    /// <summary>Makes the runtime; no program is started before a request wants it.</summary>
    public SupervisedRuntime(SupervisedOptions options, ChildHost children, TimeProvider time, ILogger<SupervisedRuntime> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        _options = options;
        _budget = new MemoryBudget(options.MemoryBytes, options.Residence, time);
        var sounds = new AudioDecoder(new Ffmpeg(children, options.Audio), options.Audio);
        _served = options.Models.ToDictionary(
            static model => model.Name,
            model => new ServedProgram(model, model.Whisper is { } facts ? new WhisperProtocol(_http, sounds, facts) : new OpenAiProtocol(model, _http, time), children, logger),
            StringComparer.Ordinal);
        foreach (var served in _served.Values)
        {
            served.Changed += Update;
        }

        _offers = Offer();
    }

    /// <inheritdoc/>
    public event Action? OffersChanged;

    /// <inheritdoc/>
    public string Name => "supervised";

    /// <inheritdoc/>
    public IReadOnlyList<ModelOffer> Offers => _offers;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellation)
    {
        foreach (var model in _options.Models)
        {
            if (ProgramPath.Find(model.Program) is null)
            {
                throw new RuntimeStartException($"The model '{model.Name}' needs the program {model.Program}, which is not on the PATH. `resultity node doctor` says how to get it.");
            }

            if (model.MemoryBytes > _options.MemoryBytes)
            {
                throw new RuntimeStartException(
                    $"The model '{model.Name}' needs about {Megabytes(model.MemoryBytes)} MB of memory, and the budget is {Megabytes(_options.MemoryBytes)} MB (node.memory_mb). Raise it, shorten the context, or shard the model (docs/multinode.md).");
            }
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask ExecuteAsync(RuntimeExchange exchange, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        var served = _served[exchange.Model];
        using var use = await _budget.UseAsync(served.Budgeted, cancellation);
        await served.ServeAsync(exchange, cancellation);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        _budget.Dispose();
        await Task.WhenAll(_served.Values.Select(static served => served.DisposeAsync().AsTask()));
        _http.Dispose();
    }

    private static long Megabytes(long bytes) => (bytes + (1 << 20) - 1) >> 20;

    private IReadOnlyList<ModelOffer> Offer() => [.. _options.Models.Select(model => new ModelOffer
    {
        Model = model.Name,
        Endpoints = model.Endpoints,
        Slots = model.Slots,
        Runtime = model.Kind,
        ContextLength = model.ContextLength,
        ContinuesPrefix = model.ContinuesPrefix,
        State = _served[model.Name].State,
    })];

    private void Update()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _offers = Offer();
        }

        OffersChanged?.Invoke();
    }
}
