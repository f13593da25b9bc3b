using System.Text.Json;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Responses;

/// <summary>A response as it stands now: what was asked, and what has come of it. For one writer.</summary>
internal sealed class ResponseState(string id, ResponseRequest request, long createdAt)
{
    /// <summary>Its identifier (<c>resp_…</c>).</summary>
    public string Id { get; } = id;

    /// <summary>What was asked.</summary>
    public ResponseRequest Request { get; } = request;

    /// <summary>When it was asked, in Unix seconds.</summary>
    public long CreatedAt { get; } = createdAt;

    /// <summary>The model's name as it answers; the one that was asked for until then.</summary>
    public string Model { get; set; } = request.Model;

    /// <summary><c>queued</c>, <c>in_progress</c>, <c>completed</c>, <c>incomplete</c>, <c>failed</c> or <c>cancelled</c>.</summary>
    public string Status { get; set; } = "in_progress";

    /// <summary>When it completed, in Unix seconds.</summary>
    public long? CompletedAt { get; set; }

    /// <summary>Why it is incomplete: <c>max_output_tokens</c> or <c>content_filter</c>.</summary>
    public string? IncompleteReason { get; set; }

    /// <summary>Why it failed.</summary>
    public Fault? Fault { get; set; }

    /// <summary>What it consumed; <see langword="null"/> until that is known.</summary>
    public Usage? Usage { get; set; }

    /// <summary>How many of the output tokens were reasoning.</summary>
    public long ReasoningTokens { get; set; }

    /// <summary>What the answer says of the several models behind it.</summary>
    public JsonElement? Multimodel { get; set; }

    /// <summary>The models that were asked in vain before the one that answers.</summary>
    public JsonElement? FailedModels { get; set; }

    /// <summary>The output so far.</summary>
    public List<OutputItem> Output { get; } = [];

    /// <summary>How many items the model sees; output items are counted after these.</summary>
    public int InputItemCount { get; init; }

    /// <summary>Makes the JSON of the response as it stands.</summary>
    public byte[] ToJson()
    {
        var bytes = new System.Buffers.ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(bytes, ResponseJson.WriterOptions))
        {
            ResponseObjectWriter.Write(writer, this);
        }

        return bytes.WrittenSpan.ToArray();
    }
}
