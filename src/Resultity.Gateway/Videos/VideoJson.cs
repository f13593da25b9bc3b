using System.Text.Json;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http;
using Resultity.Gateway.Requests;
using Resultity.Serving.Jobs;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Videos;

/// <summary>The object <c>video</c> in OpenAI's shape, made of the job that makes the video.</summary>
internal sealed class VideoJson(LiveJobs live)
{
    /// <summary>One video as it is now.</summary>
    public ReadOnlyMemory<byte> One(Job job) => ListJson.One(job, Write);

    /// <summary>A page of videos.</summary>
    public ReadOnlyMemory<byte> List(Page<Job> page) => ListJson.Write(page, static job => VideoIds.OfRequest(job.Id), Write);

    /// <summary>What a client is told of a deletion.</summary>
    public static ReadOnlyMemory<byte> Deleted(string id) => ListJson.One(id, static (writer, deleted) =>
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, deleted);
        writer.WriteString("object"u8, "video.deleted"u8);
        writer.WriteBoolean("deleted"u8, true);
        writer.WriteEndObject();
    });

    /// <summary>OpenAI's word for where a job is in its life.</summary>
    public static string StatusOf(JobStatus status) => status switch
    {
        JobStatus.Queued => "queued",
        JobStatus.InProgress or JobStatus.Cancelling => "in_progress",
        JobStatus.Completed => "completed",

        // Clients that wait know no other end.
        _ => "failed",
    };

    /// <summary>Why a job that has ended made no video.</summary>
    public static Fault FaultOf(Job job) => job.Status is JobStatus.Cancelled or JobStatus.Aborted
        ? new Fault(FaultKind.Conflict, "cancelled", "The video was cancelled before it was complete.")
        : RequestFaults.Of(job);

    private void Write(Utf8JsonWriter writer, Job job)
    {
        var facts = VideoFacts.Of(job);

        // A run tells its progress at once; that it has begun is written down a moment later.
        var run = live.TryFind(job, out var found) ? found : null;
        var status = job.Status == JobStatus.Queued && run?.Progress > 0 ? JobStatus.InProgress : job.Status;
        writer.WriteStartObject();
        writer.WriteString("id"u8, VideoIds.OfRequest(job.Id));
        writer.WriteString("object"u8, "video"u8);
        writer.WriteString("model"u8, job.Model);
        writer.WriteString("status"u8, StatusOf(status));
        writer.WriteNumber("progress"u8, job.Status == JobStatus.Completed ? 100 : run?.Progress ?? 0);
        writer.WriteNumber("created_at"u8, job.CreatedAt.ToUnixTimeSeconds());
        WriteTime(writer, "completed_at"u8, job.Status == JobStatus.Completed ? job.FinishedAt : null);
        WriteTime(writer, "expires_at"u8, job.Status == JobStatus.Completed ? job.ExpiresAt : null);
        writer.WriteString("prompt"u8, facts.Prompt);
        writer.WriteString("seconds"u8, facts.Seconds);
        writer.WriteString("size"u8, facts.Size);
        writer.WriteNull("remixed_from_video_id"u8);
        if (StatusOf(job.Status) == "failed")
        {
            var fault = FaultOf(job);
            writer.WriteStartObject("error"u8);
            writer.WriteString("code"u8, fault.Code);
            writer.WriteString("message"u8, fault.Message);
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteNull("error"u8);
        }

        writer.WriteEndObject();
    }

    private static void WriteTime(Utf8JsonWriter writer, ReadOnlySpan<byte> name, DateTimeOffset? time)
    {
        if (time is { } known)
        {
            writer.WriteNumber(name, known.ToUnixTimeSeconds());
        }
        else
        {
            writer.WriteNull(name);
        }
    }
}
