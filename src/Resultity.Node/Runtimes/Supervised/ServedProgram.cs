using Microsoft.Extensions.Logging;
using Resultity.Contracts.Fleet;
using Resultity.Node.Runtimes.OpenAi;
using Resultity.Node.Runtimes.Processes;

namespace Resultity.Node.Runtimes.Supervised;

/// <summary>One model and the program that serves it.</summary>
internal sealed class ServedProgram : IAsyncDisposable
{
    /// <summary>How soon the end of a process is seen after its connections broke.</summary>
    private static readonly TimeSpan DeathNotice = TimeSpan.FromSeconds(1);

    private readonly SupervisedModel _model;
    private readonly HttpMessageInvoker _http;
    private readonly SupervisedChild _child;
    private Tuple<ChildInstance, UpstreamRelay>? _relay;

    public ServedProgram(SupervisedModel model, ChildHost children, HttpMessageInvoker http, ILogger logger)
    {
        (_model, _http) = (model, http);
        _child = new SupervisedChild(
            children,
            new ChildOptions
            {
                Name = $"{model.Kind} ({model.Name})",
                Program = model.Program,
                Arguments = model.Arguments,
                Probe = model.Probe,
                StartTimeout = model.LoadTimeout,
                PassedVariables = model.PassedVariables,
            },
            logger);
        Budgeted = new BudgetedModel(model.MemoryBytes, _child.StopAsync);
    }

    /// <summary>Raised after <see cref="State"/> changed.</summary>
    public event Action? Changed
    {
        add => _child.Changed += value;
        remove => _child.Changed -= value;
    }

    /// <summary>The model in the budget.</summary>
    public BudgetedModel Budgeted { get; }

    /// <summary>Whether it is loaded. One that keeps failing is offered again when its pause is over.</summary>
    public ModelState State => _child.State switch
    {
        ChildState.Ready => ModelState.Ready,
        ChildState.Starting => ModelState.Loading,
        ChildState.BackingOff => ModelState.Failed,
        _ => ModelState.Cold,
    };

    /// <summary>Loads the model if it is not, and relays the request.</summary>
    /// <exception cref="ChildException">The program does not start.</exception>
    /// <exception cref="HttpRequestException">It ended, or does not answer.</exception>
    public async ValueTask ServeAsync(RuntimeExchange exchange, CancellationToken cancellation)
    {
        var instance = await _child.EnsureReadyAsync(cancellation);
        try
        {
            await RelayTo(instance).RelayAsync(exchange, cancellation);
        }
        catch (Exception e) when ((e is HttpRequestException or (IOException and not Link.LinkStreamException)) && !exchange.Started)
        {
            // It may have died a moment ago, unseen as yet: then the request is the first of its next life. One that lives has failed the request.
            await ((Task)instance.Exited).WaitAsync(DeathNotice, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellation.ThrowIfCancellationRequested();
            if (!instance.Exited.IsCompleted)
            {
                throw;
            }

            instance = await _child.EnsureReadyAsync(cancellation);
            await RelayTo(instance).RelayAsync(exchange, cancellation);
        }
    }

    public ValueTask DisposeAsync() => _child.DisposeAsync();

    private UpstreamRelay RelayTo(ChildInstance instance)
    {
        // Made anew for each life of the program, which has a port of its own; two that are made at once are equal.
        if (Volatile.Read(ref _relay) is { } known && known.Item1 == instance)
        {
            return known.Item2;
        }

        var relay = new UpstreamRelay(_http, instance.Address, new UpstreamKey(new OpenAiRuntimeOptions { Url = instance.Address }));
        Volatile.Write(ref _relay, Tuple.Create(instance, relay));
        return relay;
    }
}
