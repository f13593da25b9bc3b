using Resultity.Contracts.Values;
using Resultity.Serving.Admission;
using Resultity.Serving.Catalog;
using Resultity.Serving.LongSound;
using Resultity.Serving.Metering;
using Resultity.Serving.Multimodel;
using Resultity.Serving.Scheduling;
using Resultity.Serving.Telemetry;

namespace Resultity.Serving.Pipeline;

/// <summary>A request's whole life between its validation and its answer. Open this file first.</summary>
/// <remarks>
/// <code>
///  InferenceRequest                      validated bytes in an envelope, from any request type
///   │ 1 ModelCatalog.Resolve             the name the client wrote → the model; several are a plan, whose members
///   │                                    come through here one by one
///   │ 2 AdmissionControl.Admit           → Reservation, or 429
///   │ 3 Dispatcher.PlaceAsync            → Placement: a slot on a node; may wait in fair order, or be refused
///   │ 4 InferenceStream.BeginAsync       → the work order to the node; the answer's head and first piece come back
///   │     └ a node that fails here is invisible: back to 3 with another node
///   ▼ 5 InferenceAnswer                  handed to whoever delivers it; settles the reservation, records usage
///                                        and gives the slot back exactly once, on every way out
/// </code>
/// Synchronous, streamed, polled and batched requests all come through here; they differ only in who holds the stream.
/// </remarks>
public sealed class InferencePipeline
{
    private readonly AdmissionControl _admission;
    private readonly MultimodelRunner _multimodel;
    private long _interactiveStarts;
    private long _interactiveEnds;

    internal InferencePipeline(
        ModelCatalog catalog, AdmissionControl admission, Dispatcher dispatcher, IFleet fleet, IUsageRecorder usage,
        ServingTelemetry telemetry, PipelineOptions options, TimeProvider time)
    {
        Catalog = catalog;
        _admission = admission;
        Dispatcher = dispatcher;
        Fleet = fleet;
        Usage = usage;
        Telemetry = telemetry;
        Options = options;
        Time = time;
        _multimodel = new MultimodelRunner(this);
    }

    internal ModelCatalog Catalog { get; }

    internal Dispatcher Dispatcher { get; }

    internal IFleet Fleet { get; }

    internal IUsageRecorder Usage { get; }

    internal ServingTelemetry Telemetry { get; }

    internal PipelineOptions Options { get; }

    internal TimeProvider Time { get; }

    internal RetryBudget Retries { get; } = new();

    /// <summary>How many interactive requests have been started.</summary>
    internal long InteractiveStarts => Interlocked.Read(ref _interactiveStarts);

    /// <summary>How many interactive requests have not ended.</summary>
    internal long InteractiveInFlight => InteractiveStarts - Interlocked.Read(ref _interactiveEnds);

    /// <summary>Starts a request and returns when its answer is whole, or when the first event of a streamed answer is there.</summary>
    /// <param name="request">The request. Its body stays unchanged until the stream is disposed of.</param>
    /// <param name="cancellation">Stops the request in whatever state it is: queued, loading or running.</param>
    /// <returns>The answer, which the caller disposes of, or why there is none. Cancellation is a fault here, not an exception.</returns>
    public ValueTask<Outcome<InferenceAnswer>> StartAsync(InferenceRequest request, CancellationToken cancellation) =>
        StartAsync(request, null, cancellation);

    /// <summary>Starts a request, or the rest of one whose answer the client has in part: then on a node that can go on from a beginning.</summary>
    /// <param name="request">A request; of a streamed plain text if there is a beginning.</param>
    /// <param name="soFar">The beginning; the stream gives what follows it.</param>
    /// <param name="cancellation">As above.</param>
    public ValueTask<Outcome<InferenceAnswer>> StartAsync(InferenceRequest request, AnswerSoFar? soFar, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);

        // 1 The model that is meant, or a plan for several.
        if (Catalog.FindPlan(request) is not { } several)
        {
            return soFar is null && SoundShares.CountFor(this, request) is > 1 and var shares
                ? SoundShares.RunAsync(this, request, shares, cancellation)
                : StartAsync(request, Catalog.Resolve(request.Model), soFar, cancellation);
        }

        return soFar is not null ? new(Faults.CannotContinue)
            : several.TryGet(out var plan, out var fault) ? _multimodel.StartAsync(plan, request, cancellation)
            : new(fault);
    }

    /// <summary>Starts a request for one model, whatever its name looks like.</summary>
    internal ValueTask<Outcome<InferenceAnswer>> StartOneAsync(InferenceRequest request, CancellationToken cancellation) =>
        StartAsync(request, Catalog.Resolve(request.Model), null, cancellation);

    private async ValueTask<Outcome<InferenceAnswer>> StartAsync(InferenceRequest request, string model, AnswerSoFar? soFar, CancellationToken cancellation)
    {
        // 2 May this caller spend this now?
        if (!Admit(request).TryGet(out var reservation, out var refusal))
        {
            return refusal;
        }

        var stream = new InferenceStream(this, request, model, reservation, cancellation);
        Fault? fault = null;
        try
        {
            Retries.Earn();
            var rest = soFar is null ? default : stream.Continue(soFar);
            if (soFar is not null && rest.IsEmpty)
            {
                return fault = Faults.CannotContinue;
            }

            for (var attempt = 1; ; attempt++)
            {
                // 3 A slot on a node.
                if (!(await stream.PlaceAsync(mustContinue: soFar is not null).ConfigureAwait(false)).TryGet(out var placement, out var nowhere))
                {
                    // After a failure, that failure is what the client should know of.
                    fault ??= nowhere;
                    break;
                }

                // 4 The work order, and the beginning of the answer.
                var body = soFar is null ? BodyRewriter.Rewrite(request, placement.Model) : rest;
                fault = await stream.BeginAsync(placement, body).ConfigureAwait(false);
                if (fault is null)
                {
                    // 5 The caller has it now.
                    return stream;
                }

                if (!fault.OtherNodeMayAnswer || attempt >= Options.MaxAttempts || !Retries.TrySpend())
                {
                    break;
                }
            }
        }
        catch (OperationCanceledException)
        {
            fault = stream.CancellationFault();
        }
        finally
        {
            if (fault is not null)
            {
                await stream.FailAsync(fault).ConfigureAwait(false);
            }
        }

        return fault;
    }

    internal void Count(InferenceRequest request, bool isStart)
    {
        if (request.Priority == Priority.Interactive)
        {
            Interlocked.Increment(ref isStart ? ref _interactiveStarts : ref _interactiveEnds);
        }
    }

    private Outcome<Reservation> Admit(InferenceRequest request) => request.IsAdmitted
        ? new Reservation(null, 0)
        : _admission.Admit(request.Caller, request.AdmittedAs ?? request.Model, EstimateTokens(request), request.Priority == Priority.Background);

    private static int EstimateTokens(InferenceRequest request) => request.Endpoint.IsMedia ? 0 : (request.Body.Length / 4) + (request.MaxOutputTokens ?? 256);
}
