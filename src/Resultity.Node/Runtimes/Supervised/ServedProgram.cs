using Microsoft.Extensions.Logging;
using Resultity.Contracts.Fleet;
using Resultity.Node.Runtimes.Processes;

namespace Resultity.Node.Runtimes.Supervised;

/// <summary>One model and the program that serves it.</summary>
internal sealed class ServedProgram : IAsyncDisposable
{
    /// <summary>How soon the end of a process is seen after its connections broke.</summary>
    private static readonly TimeSpan DeathNotice = TimeSpan.FromSeconds(1);

    private readonly EngineProtocol _protocol;
    private readonly SupervisedChild _child;

    public ServedProgram(SupervisedModel model, EngineProtocol protocol, ChildHost children, ILogger logger)
    {
        _protocol = protocol;
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

    /// <summary>Loads the model if it is not, and serves the request.</summary>
    /// <exception cref="ChildException">The program does not start.</exception>
    /// <exception cref="HttpRequestException">It ended, or does not answer.</exception>
    public async ValueTask ServeAsync(RuntimeExchange exchange, CancellationToken cancellation)
    {
        var instance = await _child.EnsureReadyAsync(cancellation);
        try
        {
            await ServeAsync(exchange, instance, cancellation);
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
            await ServeAsync(exchange, instance, cancellation);
        }
    }

    public ValueTask DisposeAsync() => _child.DisposeAsync();

    private async ValueTask ServeAsync(RuntimeExchange exchange, ChildInstance instance, CancellationToken cancellation)
    {
        try
        {
            await _protocol.ServeAsync(exchange, instance, cancellation);
        }
        catch (FirstTokenTimeoutException late) when (late.EngineIsSilent)
        {
            await _child.CondemnAsync(instance, late.Message);
            throw new RuntimeInterruptedException($"{instance.Name} was killed because {late.Message}", late);
        }
    }
}
