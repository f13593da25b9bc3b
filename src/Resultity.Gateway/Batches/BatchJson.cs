using System.Text.Json;
using Resultity.Serving.Batches;

namespace Resultity.Gateway.Batches;

/// <summary>Batches as OpenAI's objects, with what is known beyond them.</summary>
internal sealed class BatchJson(TimeProvider time)
{
    /// <summary>Writes a batch.</summary>
    public void Write(Utf8JsonWriter writer, Batch batch)
    {
        writer.WriteStartObject();
        WriteMembers(writer, batch);
        writer.WriteEndObject();
    }

    /// <summary>Writes a batch and its results, each a line of an output or error file.</summary>
    public void Write(Utf8JsonWriter writer, Batch batch, IEnumerable<BatchResult> results)
    {
        writer.WriteStartObject();
        WriteMembers(writer, batch);
        writer.WriteStartArray("results"u8);
        foreach (var result in results)
        {
            writer.WriteRawValue(result.Json.Span[..^1], skipInputValidation: true);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private void WriteMembers(Utf8JsonWriter writer, Batch batch)
    {
        writer.WriteString("id"u8, batch.Id);
        writer.WriteString("object"u8, "batch"u8);
        writer.WriteString("endpoint"u8, batch.Endpoint);
        writer.WriteString("model"u8, batch.Model);
        WriteErrors(writer, batch.Errors);
        writer.WriteString("input_file_id"u8, batch.InputFileId);
        writer.WriteString("completion_window"u8, batch.CompletionWindow);
        writer.WriteString("status"u8, batch.Status.Name());
        writer.WriteString("output_file_id"u8, batch.OutputFileId);
        writer.WriteString("error_file_id"u8, batch.ErrorFileId);
        writer.WriteNumber("created_at"u8, batch.CreatedAt.ToUnixTimeSeconds());
        WriteTime(writer, "in_progress_at"u8, batch.InProgressAt);
        writer.WriteNumber("expires_at"u8, batch.ExpiresAt.ToUnixTimeSeconds());
        WriteTime(writer, "finalizing_at"u8, batch.FinalizingAt);
        WriteTime(writer, "completed_at"u8, batch.Status == BatchStatus.Completed ? batch.FinishedAt : null);
        WriteTime(writer, "failed_at"u8, batch.Status == BatchStatus.Failed ? batch.FinishedAt : null);
        WriteTime(writer, "expired_at"u8, batch.Status == BatchStatus.Expired ? batch.FinishedAt : null);
        WriteTime(writer, "cancelling_at"u8, batch.CancellingAt);
        WriteTime(writer, "cancelled_at"u8, batch.Status == BatchStatus.Cancelled ? batch.FinishedAt : null);
        writer.WriteStartObject("request_counts"u8);
        writer.WriteNumber("total"u8, batch.Total);
        writer.WriteNumber("completed"u8, batch.Completed);
        writer.WriteNumber("failed"u8, batch.Failed);
        writer.WriteEndObject();
        WriteUsage(writer, batch);
        WriteEta(writer, batch);
        if (batch.RetryOf is not null)
        {
            writer.WriteString("retry_of"u8, batch.RetryOf);
        }

        writer.WritePropertyName("metadata"u8);
        writer.WriteRawValue(batch.Metadata ?? "null");
    }

    private static void WriteErrors(Utf8JsonWriter writer, IReadOnlyList<BatchError> errors)
    {
        if (errors.Count == 0)
        {
            writer.WriteNull("errors"u8);
            return;
        }

        writer.WriteStartObject("errors"u8);
        writer.WriteString("object"u8, "list"u8);
        writer.WriteStartArray("data"u8);
        foreach (var error in errors)
        {
            writer.WriteStartObject();
            writer.WriteString("code"u8, error.Code);
            writer.WriteString("message"u8, error.Message);
            writer.WriteString("param"u8, error.Param);
            if (error.Line is { } line)
            {
                writer.WriteNumber("line"u8, line);
            }
            else
            {
                writer.WriteNull("line"u8);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static void WriteUsage(Utf8JsonWriter writer, Batch batch)
    {
        writer.WriteStartObject("usage"u8);
        writer.WriteNumber("input_tokens"u8, batch.Usage.InputTokens);
        writer.WriteStartObject("input_tokens_details"u8);
        writer.WriteNumber("cached_tokens"u8, batch.Usage.CachedTokens);
        writer.WriteEndObject();
        writer.WriteNumber("output_tokens"u8, batch.Usage.OutputTokens);
        writer.WriteStartObject("output_tokens_details"u8);
        writer.WriteNumber("reasoning_tokens"u8, 0);
        writer.WriteEndObject();
        writer.WriteNumber("total_tokens"u8, batch.Usage.TotalTokens);
        writer.WriteEndObject();
    }

    /// <summary>How long the rest takes if it goes on as it has gone so far. Not known before a line is done.</summary>
    private void WriteEta(Utf8JsonWriter writer, Batch batch)
    {
        var done = batch.Completed + batch.Failed;
        if (batch.Status != BatchStatus.InProgress || done == 0 || time.GetUtcNow() - batch.InProgressAt is not { TotalSeconds: > 0 } elapsed)
        {
            return;
        }

        var rate = done / elapsed.TotalSeconds;
        writer.WriteStartObject("progress"u8);
        writer.WriteNumber("requests_per_second"u8, Math.Round(rate, 2));
        writer.WriteStartObject("eta"u8);
        writer.WriteNumber("p50_seconds"u8, (long)Math.Ceiling((batch.Total - done) / rate));
        writer.WriteEndObject();
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
