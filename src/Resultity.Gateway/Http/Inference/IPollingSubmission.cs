using Microsoft.AspNetCore.Http;
using Resultity.Serving.Jobs;
using Resultity.Serving.Pipeline;

namespace Resultity.Gateway.Http.Inference;

/// <summary>Takes requests whose answers are fetched later (<c>Prefer: respond-async</c>).</summary>
internal interface IPollingSubmission
{
    /// <summary>Keeps a validated request durably and answers it: 202, or the answer itself if it was there in the time the client waits.</summary>
    /// <remarks>The request's body is the caller's and is gone when the task has completed.</remarks>
    Task SubmitAsync(HttpContext context, InferenceRequest request);

    /// <summary>The same for a request that a kind of job of its own runs. How long the answer is kept is read from the headers.</summary>
    Task SubmitAsync(HttpContext context, JobSubmission submission);

    /// <summary>Keeps a request durably, and leaves the answer to the caller.</summary>
    /// <returns>The job; <see langword="null"/> if it was refused, which the client has been told.</returns>
    ValueTask<Job?> AcceptAsync(HttpContext context, JobSubmission submission);
}
