using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;
using Spectre.Console;

namespace Resultity.Verbs.Files;

/// <summary>Sends a file as a form, as it is read: nothing of it is kept in memory.</summary>
internal static class FileUpload
{
    /// <summary>Uploads.</summary>
    /// <param name="client">The gateway.</param>
    /// <param name="terminal">Where the bar goes.</param>
    /// <param name="path">A file, or <c>-</c> for standard input.</param>
    /// <param name="purpose">What it is for.</param>
    /// <param name="lifetime">How many seconds it is kept; <see langword="null"/> leaves it to the purpose.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The file object.</returns>
    public static async Task<JsonNode> SendAsync(ApiClient client, Terminal terminal, string path, string purpose, int? lifetime, CancellationToken cancellation)
    {
        await using var source = Open(path);
        if (!terminal.ErrorIsTerminal || !source.CanSeek) return await SendAsync(client, source, path, purpose, lifetime, cancellation);
        return await terminal.Progress().Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new DownloadedColumn(), new TransferSpeedColumn())
            .StartAsync(async context =>
            {
                var bar = context.AddTask("uploading", maxValue: Math.Max(1, source.Length));
                await using var told = new ToldStream(source, count => bar.Increment(count));
                return await SendAsync(client, told, path, purpose, lifetime, cancellation);
            });
    }

    private static Stream Open(string path)
    {
        try
        {
            return path == "-" ? Console.OpenStandardInput() : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, useAsync: true);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Usage, $"cannot read {path}: {failure.Message}");
        }
    }

    private static async Task<JsonNode> SendAsync(ApiClient client, Stream source, string path, string purpose, int? lifetime, CancellationToken cancellation)
    {
        using var form = new MultipartFormDataContent();
        form.Add(new StringContent(purpose), "purpose");
        if (lifetime is { } seconds)
        {
            form.Add(new StringContent("created_at"), "expires_after[anchor]");
            form.Add(new StringContent(FormattableString.Invariant($"{seconds}")), "expires_after[seconds]");
        }

        var content = new StreamContent(source, 1 << 16);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        form.Add(content, "file", path == "-" ? "stdin.jsonl" : Path.GetFileName(path));
        using var response = await client.SendContentAsync(HttpMethod.Post, "v1/files", form, cancellation);
        return await client.ReadJsonAsync(response, cancellation);
    }

    /// <summary>Tells how much was read. Does not own what it reads.</summary>
    private sealed class ToldStream(Stream source, Action<int> tell) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => true;

        public override bool CanWrite => false;

        public override long Length => source.Length;

        public override long Position { get => source.Position; set => source.Position = value; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await source.ReadAsync(buffer, cancellationToken);
            tell(count);
            return count;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = source.Read(buffer, offset, count);
            tell(read);
            return read;
        }

        public override long Seek(long offset, SeekOrigin origin) => source.Seek(offset, origin);

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }
    }
}
