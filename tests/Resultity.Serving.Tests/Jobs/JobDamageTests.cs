using Resultity.Contracts.Values;
using Resultity.Serving.Jobs;
using Resultity.Serving.Tests.Pipeline;
using Xunit;

namespace Resultity.Serving.Tests.Jobs;

/// <summary>What is stored of a request is damaged before it runs.</summary>
public sealed class JobDamageTests
{
    [Fact]
    public async Task A_damaged_request_ends_with_a_fault_and_holds_up_no_other()
    {
        await using var jobs = await new JobHarness().StartAsync(run: false);
        jobs.Fleet.Node("n1", () => ScriptedExchange.Json("""{"id":"c1","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"}]}"""));
        var damaged = await jobs.Queue.SubmitAsync(
            new JobSubmission
            {
                Id = Id.New(Job.IdPrefix, TimeProvider.System),
                Caller = jobs.Caller,
                Endpoint = InferenceEndpoint.ChatCompletions.Path,
                Model = "m",
                Body = new byte[50_000],
            },
            JobHarness.Cancellation);
        var other = await jobs.SubmitAsync();
        var file = Assert.Single(Directory.GetFiles(Path.Combine(jobs.Folder, "blobs"), "blob_*", SearchOption.AllDirectories));
        var bytes = await File.ReadAllBytesAsync(file, JobHarness.Cancellation);
        bytes[1000] ^= 1;
        await File.WriteAllBytesAsync(file, bytes, JobHarness.Cancellation);

        await jobs.RunAsync();
        Assert.Equal(JobStatus.Completed, (await jobs.FinishedAsync(other)).Status);
        var ended = await jobs.FinishedAsync(damaged);
        Assert.Equal((JobStatus.Failed, "storage_damaged"), (ended.Status, ended.Fault!.Code));
    }
}
