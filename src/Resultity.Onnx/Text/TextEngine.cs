using Resultity.Onnx.Text.Batching;

namespace Resultity.Onnx.Text;

/// <summary>Continues many sequences at once on one model, a token of each per step.</summary>
/// <remarks>
/// <para>A thread of its own computes; it sleeps while nothing runs. Members are thread-safe.</para>
/// <para>A sequence's draws depend on its seed alone. Its logits are the same whatever runs beside it but for rounding, since a wider
/// batch adds in another order; two tokens within that (about one in a million of a score) can change places. Where a model quantizes its
/// activations as it runs, one scale serves the whole batch, so there the neighbours' share is that of the quantization.</para>
/// <para>A fault of one sequence (its constraint, its prompt) ends that one; a fault of the session ends those computed together.</para>
/// </remarks>
public sealed class TextEngine : IAsyncDisposable
{
    private readonly object _gate = new();
    private readonly TextModel _model;
    private readonly TextEngineOptions _options;
    private readonly TimeProvider _time;
    private readonly List<Sequence> _arrivals = [];
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _accepted;
    private bool _stopping;

    /// <summary>Starts the engine's thread.</summary>
    /// <param name="model">The model; the caller disposes it after this.</param>
    /// <param name="options">Limits.</param>
    /// <param name="time">The clock that measures queueing and prompts.</param>
    public TextEngine(TextModel model, TextEngineOptions options, TimeProvider time)
    {
        options.Validate();
        (_model, _options, _time) = (model, options, time);
        var batch = new Batch(model, options, time, Released);
        new Thread(() => Run(batch)) { IsBackground = true, Name = "text-engine" }.Start();
    }

    /// <summary>Sequences that hold a slot.</summary>
    public int ActiveSequences => Math.Min(Volatile.Read(ref _accepted), _options.Slots);

    /// <summary>Sequences that wait for a slot.</summary>
    public int WaitingSequences => Math.Max(Volatile.Read(ref _accepted) - _options.Slots, 0);

    /// <summary>Slots that a new sequence would get at once.</summary>
    public int FreeSlots => _options.Slots - ActiveSequences;

    /// <summary>Most memory, in bytes, that this engine's keys and values can take: all slots at the context's end, and the prefix cache.</summary>
    public long LargestMemory => _options.Slots * _model.CacheBytesPerToken * _model.Config.ContextLength + _options.PrefixCacheBytes;

    /// <summary>Takes a sequence; it joins the others at the next step, or when a slot is free.</summary>
    /// <exception cref="ArgumentException">The request is outside the model's limits; the message says how.</exception>
    /// <exception cref="TextEngineBusyException">Too many wait.</exception>
    /// <exception cref="ObjectDisposedException">The engine has stopped.</exception>
    public Generation Start(GenerationRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var sequence = new Sequence(request, _model.Config, _time.GetTimestamp());
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopping, this);
            if (_accepted >= _options.Slots + _options.QueueLimit) throw new TextEngineBusyException(_options.Slots, _accepted - _options.Slots);
            Interlocked.Increment(ref _accepted);
            _arrivals.Add(sequence);
            Monitor.Pulse(_gate);
        }
        return sequence.Generation;
    }

    /// <summary>Cancels what runs, after the step in progress, and waits for the thread to end.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _stopping = true;
            Monitor.Pulse(_gate);
        }
        await _stopped.Task;
    }

    private void Released() => Interlocked.Decrement(ref _accepted);

    private void Run(Batch batch)
    {
        try
        {
            while (Receive(batch)) batch.Advance();
            batch.EndAll(FinishReason.Cancelled);
        }
        catch (Exception e)
        {
            // Nothing above is expected to throw: a defect must not leave consumers waiting.
            lock (_gate) _stopping = true;
            Receive(batch);
            batch.EndAll(FinishReason.Failed, e);
        }
        finally
        {
            batch.Dispose();
            _stopped.SetResult();
        }
    }

    // Hands over what has arrived; waits while there is nothing to do. False: stop.
    private bool Receive(Batch batch)
    {
        lock (_gate)
        {
            while (!_stopping && _arrivals.Count == 0 && batch.IsIdle) Monitor.Wait(_gate);
            foreach (var sequence in _arrivals) batch.Add(sequence);
            _arrivals.Clear();
            return !_stopping;
        }
    }
}
