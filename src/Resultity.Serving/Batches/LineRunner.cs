using Microsoft.Extensions.Logging;
using Resultity.Contracts.Values;
using Resultity.Serving.Admission;
using Resultity.Serving.Jobs;
using Resultity.Serving.Metering;
using Resultity.Serving.Peers;
using Resultity.Serving.Stores;

namespace Resultity.Serving.Batches;

/// <summary>What a run of a line came to: a result, a wait, or neither if the batch was stopped.</summary>
/// <param name="Result">What is to be recorded.</param>
/// <param name="RetryAfter">How long to wait before it is tried again.</param>
/// <param name="CountsAsTry">Whether the try is one of the few that a line has.</param>
internal readonly record struct LineOutcome(LineResult? Result, TimeSpan? RetryAfter = null, bool CountsAsTry = false);

/// <summary>Runs single lines the way that jobs are run: by the kind that their path belongs to.</summary>
internal sealed partial class LineRunner
{
    private readonly Dictionary<string, IJobKind> _kinds = new(StringComparer.Ordinal);
    private readonly IUsageRecorder _meter;
    private readonly LineWriter _writer;
    private readonly PeerModels _peers;
    private readonly BatchOptions _options;
    private readonly JobOptions _jobs;
    private readonly TimeProvider _time;
    private readonly ILogger<LineRunner> _logger;
    private readonly long _startedAt;

    public LineRunner(
        IEnumerable<IJobKind> kinds, IUsageRecorder meter, LineWriter writer, PeerModels peers, BatchOptions options, JobOptions jobs, TimeProvider time, ILogger<LineRunner> logger)
    {
        foreach (var kind in kinds)
        {
            foreach (var path in kind.Paths)
            {
                _kinds.TryAdd(path, kind);
            }
        }

        _meter = meter;
        _writer = writer;
        _peers = peers;
        _options = options;
        _jobs = jobs;
        _time = time;
        _logger = logger;
        _startedAt = time.GetTimestamp();
    }

    /// <summary>The paths that lines can be meant for.</summary>
    public IReadOnlyCollection<string> Paths => _kinds.Keys;

    /// <summary>Runs a line.</summary>
    /// <param name="run">The batch's run.</param>
    /// <param name="caller">Who asks; <see langword="null"/> if the key is not valid any more.</param>
    /// <param name="number">The line's number.</param>
    /// <param name="line">Its bytes, which passed the scan.</param>
    /// <param name="path">The path that it is meant for.</param>
    /// <param name="tries">How many of its tries are used up.</param>
    /// <remarks>Never throws.</remarks>
    public async ValueTask<LineOutcome> RunAsync(BatchRun run, Caller? caller, int number, ReadOnlyMemory<byte> line, string path, int tries)
    {
        BatchLine.Parse(line.Span, number, out var parsed);
        var job = JobOf(run, path, parsed.Model ?? "");
        var asker = caller ?? new Caller { KeyId = run.Batch.KeyId, Namespace = run.Batch.Namespace };
        var jobRun = new JobRun(job, line.Slice(parsed.BodyStart, parsed.BodyLength), asker, new JobOutput(_jobs.MaxOutputBytes), static _ => { })
        {
            LineId = LineWriter.IdOf(run.Batch.Id, number),
            IsHandedOver = () => run.StopReason == JobStop.Shutdown,
        };
        var result = caller is null ? jobRun.Fail(JobRunner.KeyInvalid) : await ExecuteAsync(run, jobRun, path).ConfigureAwait(false);
        var outcome = Decide(run, number, parsed.CustomId, job, result, tries);
        if (outcome.Result is null)
        {
            // What led to no result costs nothing, and is still known of.
            jobRun.Usage.PassUncharged(_meter);
            return outcome;
        }

        var charges = jobRun.Usage.Entries;
        return new LineOutcome(outcome.Result with
        {
            Usage = jobRun.Usage.Total,
            Charges = charges,
            Endpoint = path,
            Model = job.Model,
            NodeId = charges.Count > 0 ? charges[^1].NodeId : "",
        });
    }

    /// <summary>Runs lines for embeddings together, as one request with all their texts.</summary>
    /// <param name="run">The batch's run.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="lines">The lines' numbers and bytes.</param>
    /// <param name="path">The path that they are meant for.</param>
    /// <returns>The result of each; or how long to wait; or neither if each has to be run by itself, so that it gets its own fault.</returns>
    /// <remarks>Never throws. What was used is charged with the first line; each line shows its share by the length of its texts.</remarks>
    public async ValueTask<(List<LineResult>? Results, TimeSpan? RetryAfter)> RunTogetherAsync(
        BatchRun run, Caller caller, IReadOnlyList<(int Number, ReadOnlyMemory<byte> Bytes)> lines, string path)
    {
        var parsed = lines.Select(static line =>
        {
            BatchLine.Parse(line.Bytes.Span, line.Number, out var found);
            return found;
        }).ToList();
        var parts = new List<EmbeddingMerge.Part>(lines.Count);
        for (var i = 0; i < lines.Count; i++)
        {
            if (EmbeddingMerge.Read(lines[i].Bytes.Slice(parsed[i].BodyStart, parsed[i].BodyLength)) is not { } part
                || (i > 0 && !part.Rest.Span.SequenceEqual(parts[0].Rest.Span)))
            {
                return default;
            }

            parts.Add(part);
        }

        var job = JobOf(run, path, parsed[0].Model ?? "");
        var jobRun = new JobRun(job, EmbeddingMerge.Join(parts), caller, new JobOutput(_jobs.MaxOutputBytes), static _ => { });
        var result = await ExecuteAsync(run, jobRun, path).ConfigureAwait(false);
        var usage = jobRun.Usage.Total;
        var tokens = EmbeddingMerge.Divide(usage.InputTokens, parts.ConvertAll(static part => part.Texts.Length));
        if (result.Status == JobStatus.Completed && EmbeddingMerge.Split(result.Body, parts, tokens) is { } answers)
        {
            return ([.. answers.Select((answer, i) => new LineResult(
                lines[i].Number, Succeeded: true, LineWriter.Answer(LineWriter.IdOf(run.Batch.Id, lines[i].Number), parsed[i].CustomId, job.Id, "application/json", answer))
            {
                Usage = i == 0 ? usage with { InputTokens = tokens[0] } : new Usage(tokens[i], 0),
                Charges = i == 0 ? jobRun.Usage.Entries : [],
                Endpoint = path,
                Model = job.Model,
                NodeId = jobRun.Usage.Entries is [.., var last] ? last.NodeId : "",
            })], null);
        }

        jobRun.Usage.PassUncharged(_meter);
        return (null, run.StopReason != JobStop.None ? TimeSpan.Zero
            : result.Fault is { Kind: FaultKind.Unavailable or FaultKind.RateLimited } refusal ? Longer(refusal.RetryAfter, _jobs.RetryPause) : null);
    }

    /// <summary>The result of a line that is not run any more.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="number">The line's number.</param>
    /// <param name="line">Its bytes.</param>
    /// <param name="path">The path that it was meant for.</param>
    /// <param name="isCancelled">Whether the batch was cancelled; otherwise its window has ended.</param>
    public static LineResult NotRun(Batch batch, int number, ReadOnlyMemory<byte> line, string path, bool isCancelled)
    {
        BatchLine.Parse(line.Span, number, out var parsed);
        return new LineResult(number, Succeeded: false, NotRun(LineWriter.IdOf(batch.Id, number), parsed.CustomId, isCancelled)) { Endpoint = path, Model = parsed.Model ?? "" };
    }

    private static TimeSpan Longer(TimeSpan? one, TimeSpan other) => one > other ? one.Value : other;

    private static byte[] NotRun(string id, string customId, bool isCancelled) => isCancelled
        ? LineWriter.NotRun(id, customId, "batch_cancelled", "The batch was cancelled before this request was executed.")
        : LineWriter.NotRun(id, customId, "batch_expired", "This request could not be executed before the completion window expired.");

    private Job JobOf(BatchRun run, string path, string model) => new()
    {
        Id = Id.New(Job.IdPrefix, _time),
        Kind = _kinds[path].Name,
        Namespace = run.Batch.Namespace,
        KeyId = run.Batch.KeyId,
        Endpoint = path,
        Model = model,
        CreatedAt = run.Batch.CreatedAt,
        Deadline = run.Batch.ExpiresAt,
        Retention = _jobs.DefaultRetention,
    };

    private async ValueTask<JobResult> ExecuteAsync(BatchRun run, JobRun jobRun, string path)
    {
        try
        {
            return await _kinds[path].RunAsync(jobRun, run.LineToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (run.LineToken.IsCancellationRequested)
        {
            return jobRun.Fail(Fault.Cancelled);
        }
        catch (StorageException exception)
        {
            return jobRun.Fail(exception.Fault);
        }
#pragma warning disable CA1031 // A kind's defect ends its line, not the batch.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            LogKindFailed(exception, jobRun.Job.Id, run.Batch.Id);
            return jobRun.Fail(new Fault(FaultKind.Internal, "internal_error", $"The gateway failed to handle this request. Its identifier is {jobRun.Job.Id}."));
        }
    }

    private LineOutcome Decide(BatchRun run, int number, string customId, Job job, JobResult result, int tries)
    {
        // A fault of nodes is not the line's: it has a few more chances, since nobody waits for it.
        if (result is { Status: not JobStatus.Completed, Fault.OtherNodeMayAnswer: true } && run.StopReason == JobStop.None && tries < _options.MaxTries)
        {
            return new LineOutcome(null, _jobs.RetryPause * (1 << tries), CountsAsTry: true);
        }

        var now = _time.GetUtcNow();
        var mayStillCome = _time.GetElapsedTime(_startedAt) < _jobs.NodesReturn || _peers.IsKnownElsewhere(job.Namespace, job.Model);
        if (JobVerdict.Decide(run.StopReason, result, job, now, mayStillCome, _jobs.RetryPause) is not { } verdict)
        {
            return default;
        }

        if (verdict.RetryAt is { } at)
        {
            return new LineOutcome(null, at - now);
        }

        var id = LineWriter.IdOf(run.Batch.Id, number);
        var json = verdict.Result switch
        {
            { Status: JobStatus.Completed } answer => LineWriter.Answer(id, customId, job.Id, answer.ContentType, answer.Body),
            { Status: JobStatus.Cancelled } => NotRun(id, customId, isCancelled: true),
            { Status: JobStatus.Expired } => NotRun(id, customId, isCancelled: false),
            var failed => _writer.Failure(id, customId, job.Id, failed.Fault ?? Fault.Cancelled),
        };
        return new LineOutcome(new LineResult(number, verdict.Result.Status == JobStatus.Completed, json));
    }

    [LoggerMessage(2211, LogLevel.Error, "Request {RequestId} of batch {BatchId} failed with an unhandled exception")]
    private partial void LogKindFailed(Exception exception, string requestId, string batchId);
}
