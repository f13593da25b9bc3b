using Microsoft.AspNetCore.Http;
using Resultity.Gateway.Http;
using Resultity.Gateway.Http.Inference;
using Resultity.Serving.Jobs;

namespace Resultity.Gateway.Videos;

/// <summary>The answer of a request for a video is the video's object, whichever way it is fetched; the files have a path of their own.</summary>
internal sealed class VideoAnswer(JobQueue jobs, VideoJson json) : IAnswerChange
{
    /// <inheritdoc/>
    public bool Wants(ReadOnlySpan<byte> answer) => VideoParcel.Is(answer);

    /// <inheritdoc/>
    public async ValueTask<ReadOnlyMemory<byte>> ChangeAsync(HttpContext context, ReadOnlyMemory<byte> answer) =>
        VideoParcel.TryRead(answer, out var parcel) && await jobs.GetAsync(context.Caller.Namespace, parcel.RequestId, context.RequestAborted) is { } job ? json.One(job) : answer;
}
