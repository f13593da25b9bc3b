using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Resultity.Contracts.Values;
using Resultity.Serving.Admission;
using Resultity.Serving.Jobs;
using Resultity.Serving.Metering;
using Resultity.Serving.Pipeline;
using Resultity.Serving.Stores;
using Resultity.Serving.Tests.Pipeline;
using Resultity.Storage;
using Xunit;

namespace Resultity.Serving.Tests.Jobs;

/// <summary>Durable requests on a real database, run by the real pipeline over a scripted fleet.</summary>
internal sealed class JobHarness : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly bool _ownsFolder;
    private bool _started;

    public JobHarness(string? folder = null, Action<JobOptions>? configure = null)
    {
        _ownsFolder = folder is null;
        Folder = folder ?? Directory.CreateTempSubdirectory("resultity-jobs-").FullName;
        var options = new JobOptions { RetryPause = TimeSpan.FromMilliseconds(20), Drain = TimeSpan.Zero };
        configure?.Invoke(options);
        _services = new ServiceCollection()
            .AddLogging()
            .AddSqliteStorage(Folder)
            .AddSingleton(options)
            .AddSingleton(Fleet.Pipeline)
            .AddSingleton<IUsageRecorder>(Fleet)
            .AddSingleton<IRequestReader, ChatReader>()
            .AddJobs()
            .BuildServiceProvider();
    }

    public static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public string Folder { get; }

    public PipelineHarness Fleet { get; } = new();

    public JobQueue Queue => Get<JobQueue>();

    public Caller Caller { get; private set; } = null!;

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    /// <summary>Makes the caller's key and, unless told otherwise, starts the runner.</summary>
    public async Task<JobHarness> StartAsync(bool run = true)
    {
        var keys = Get<IApiKeyStore>();
        var key = (await keys.ListAsync(null, new PageQuery(null, 1), Cancellation)).Items.SingleOrDefault();
        if (key is null)
        {
            key = new ApiKey { Id = Id.New(ApiKey.IdPrefix, TimeProvider.System), Name = "test", Namespace = "alpha", Scopes = ["inference"], CreatedAt = TimeProvider.System.GetUtcNow() };
            await keys.AddAsync(key, Secret.Hash("rk_test"), Cancellation);
        }

        Caller = key.ToCaller();
        return run ? await RunAsync() : this;
    }

    public async Task<JobHarness> RunAsync()
    {
        _started = true;
        await ((IHostedService)Get<JobRunner>()).StartAsync(Cancellation);
        return this;
    }

    public async Task StopAsync()
    {
        if (_started)
        {
            _started = false;
            await ((IHostedService)Get<JobRunner>()).StopAsync(CancellationToken.None);
        }
    }

    public ValueTask<Job> SubmitAsync(bool stream = false, string model = "m", TimeSpan? deadline = null, TimeSpan? retention = null) =>
        Queue.SubmitAsync(
            new JobSubmission
            {
                Id = Id.New(Job.IdPrefix, TimeProvider.System),
                Caller = Caller,
                Endpoint = InferenceEndpoint.ChatCompletions.Path,
                Model = model,
                Stream = stream,
                Body = PipelineHarness.Chat(stream, model).Body,
                Deadline = deadline is { } after ? TimeProvider.System.GetUtcNow() + after : null,
                Retention = retention,
            },
            Cancellation);

    /// <summary>Waits until a job is finished.</summary>
    public async Task<Job> FinishedAsync(Job job)
    {
        var read = await Queue.WaitAsync(job.Namespace, job.Id, TimeSpan.FromSeconds(20), Cancellation);
        Assert.NotNull(read);
        Assert.True(read.Status.IsFinal(), $"Job {job.Id} is {read.Status.Name()} after 20 s; it should have ended.");
        return read;
    }

    /// <summary>Waits until a job's status is this one.</summary>
    public async Task ReachesAsync(Job job, JobStatus status)
    {
        using var watch = Queue.Watch(job.Id);
        while (true)
        {
            watch.Reset();
            var read = await Queue.GetAsync(job.Namespace, job.Id, Cancellation);
            if (read?.Status == status)
            {
                return;
            }

            await watch.Changed.WaitAsync(TimeSpan.FromSeconds(20), Cancellation);
        }
    }

    public async Task<string> AnswerAsync(Job job) => Encoding.UTF8.GetString((await Queue.ReadAnswerAsync(job, Cancellation))!.Body.Span);

    /// <summary>What is in the ledger, by its sums.</summary>
    public ValueTask<IReadOnlyList<UsageRow>> LedgerAsync() =>
        Get<IUsageStore>().QueryAsync(new UsageQuery(DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue), Cancellation);

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _services.DisposeAsync();
        if (_ownsFolder)
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    private sealed class ChatReader : IRequestReader
    {
        public Outcome<InferenceRequest> Read(StoredRequest request)
        {
            using var body = JsonDocument.Parse(request.Body);
            return new InferenceRequest
            {
                Id = request.Id,
                Endpoint = InferenceEndpoint.ChatCompletions,
                Caller = request.Caller,
                Model = body.RootElement.GetProperty("model").GetString()!,
                Body = request.Body,
                Stream = body.RootElement.TryGetProperty("stream", out var stream) && stream.GetBoolean(),
                Priority = request.Priority,
                Deadline = request.Deadline,
            };
        }
    }
}
