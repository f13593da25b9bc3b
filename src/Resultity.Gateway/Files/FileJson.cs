using System.Text.Json;
using Resultity.Serving.Files;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Files;

/// <summary>Files and uploads as OpenAI's objects.</summary>
internal static class FileJson
{
    public static void Write(Utf8JsonWriter writer, StoredFile file)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, file.Id);
        writer.WriteString("object"u8, "file"u8);
        writer.WriteNumber("bytes"u8, file.Bytes);
        writer.WriteNumber("created_at"u8, file.CreatedAt.ToUnixTimeSeconds());
        if (file.ExpiresAt is { } expiry)
        {
            writer.WriteNumber("expires_at"u8, expiry.ToUnixTimeSeconds());
        }
        else
        {
            writer.WriteNull("expires_at"u8);
        }

        writer.WriteString("filename"u8, file.Name);
        writer.WriteString("purpose"u8, file.Purpose);
        writer.WriteString("status"u8, "processed"u8);
        writer.WriteNull("status_details"u8);
        writer.WriteEndObject();
    }

    public static void WriteDeleted(Utf8JsonWriter writer, string id)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, id);
        writer.WriteString("object"u8, "file"u8);
        writer.WriteBoolean("deleted"u8, true);
        writer.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter writer, StoredUpload upload, StoredFile? file, DateTimeOffset now)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, upload.Id);
        writer.WriteString("object"u8, "upload"u8);
        writer.WriteNumber("bytes"u8, upload.Bytes);
        writer.WriteNumber("created_at"u8, upload.CreatedAt.ToUnixTimeSeconds());
        writer.WriteString("filename"u8, upload.Name);
        writer.WriteString("purpose"u8, upload.Purpose);
        writer.WriteString("status"u8, FileUploads.NameOf(upload.StatusAt(now)));
        writer.WriteNumber("expires_at"u8, upload.ExpiresAt.ToUnixTimeSeconds());
        if (file is null)
        {
            writer.WriteNull("file"u8);
        }
        else
        {
            writer.WritePropertyName("file"u8);
            Write(writer, file);
        }

        writer.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter writer, UploadPart part)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, part.Id);
        writer.WriteString("object"u8, "upload.part"u8);
        writer.WriteNumber("created_at"u8, part.CreatedAt.ToUnixTimeSeconds());
        writer.WriteString("upload_id"u8, part.UploadId);
        writer.WriteEndObject();
    }
}
