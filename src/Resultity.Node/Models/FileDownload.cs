using System.Net;
using System.Security.Cryptography;

namespace Resultity.Node.Models;

/// <summary>Fetches one file: goes on where it stopped, and believes only the digest.</summary>
internal sealed class FileDownload(HubClient hub, HubRepository repository, PullOptions options, TimeProvider time)
{
    private const int BufferSize = 128 << 10;

    /// <summary>Fetches the file into a path; what is there already is continued.</summary>
    /// <param name="file">What to fetch.</param>
    /// <param name="path">Where the bytes go; holds a beginning of the file if this fails, so that a later call goes on.</param>
    /// <param name="received">Called with the bytes that are there so far.</param>
    /// <exception cref="PullException">The hub broke off too often in a row, or sent other bytes twice.</exception>
    public async Task RunAsync(HubFile file, string path, Action<long> received, CancellationToken cancellation)
    {
        var mismatched = false;
        while (true)
        {
            await FetchAsync(file, path, received, cancellation);
            if (await IsIntactAsync(file, path, cancellation)) return;
            File.Delete(path);
            // A beginning from an older revision spoils the digest once; a second time the hub is at fault.
            if (mismatched) throw new PullException(PullFailure.Corrupt, $"{file.Path} is not what {repository.Id} announced: its digest differs.");
            mismatched = true;
        }
    }

    private async Task FetchAsync(HubFile file, string path, Action<long> received, CancellationToken cancellation)
    {
        var failures = 0;
        while (true)
        {
            var before = Length(path);
            if (before > file.Size)
            {
                File.Delete(path);
                before = 0;
            }

            received(before);
            if (before == file.Size && File.Exists(path)) return;
            string? reason;
            try
            {
                reason = await AppendAsync(file, path, before, received, cancellation);
                if (reason is null) return;
            }
            catch (PullException unreachable) when (unreachable.Failure == PullFailure.Unreachable)
            {
                reason = unreachable.Message;
            }

            // Only tries that bring nothing count: a poor line that moves forward is left to it.
            failures = Length(path) > before ? 1 : failures + 1;
            if (failures >= options.Attempts)
            {
                throw new PullException(PullFailure.Unreachable, $"{file.Path}: {reason} What has come is kept; the same command resumes.");
            }

            await Task.Delay(options.RetryDelay * (1 << Math.Min(failures - 1, 5)), time, cancellation);
        }
    }

    /// <returns><see langword="null"/> when the file is complete, else why not.</returns>
    private async Task<string?> AppendAsync(HubFile file, string path, long offset, Action<long> received, CancellationToken cancellation)
    {
        using var stalled = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var watch = time.CreateTimer(_ => stalled.Cancel(), null, options.StallTimeout, Timeout.InfiniteTimeSpan);
        try
        {
            using var response = await hub.OpenAsync(repository, file.Path, offset, stalled.Token);
            if (offset > 0 && (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable || !ContinuesAt(response, offset)))
            {
                // The hub starts anew, or elsewhere: only a whole file can be taken from it.
                if (response.StatusCode != HttpStatusCode.OK)
                {
                    File.Delete(path);
                    return $"the hub cannot continue at byte {offset}.";
                }

                offset = 0;
            }
            else if (!response.IsSuccessStatusCode)
            {
                throw hub.Refusal(response, repository);
            }

            await using var target = new FileStream(path, offset == 0 ? FileMode.Create : FileMode.Open, FileAccess.Write, FileShare.None, BufferSize, useAsync: true);
            target.Seek(offset, SeekOrigin.Begin);
            await using var source = await response.Content.ReadAsStreamAsync(stalled.Token);
            var buffer = new byte[BufferSize];
            var have = offset;
            int read;
            while ((read = await source.ReadAsync(buffer, stalled.Token)) > 0)
            {
                watch.Change(options.StallTimeout, Timeout.InfiniteTimeSpan);
                have += read;
                if (have > file.Size) throw new PullException(PullFailure.Corrupt, $"{file.Path} is longer than {repository.Id} announced.");
                await target.WriteAsync(buffer.AsMemory(0, read), stalled.Token);
                received(have);
            }

            return have == file.Size ? null : "the hub ended the file early.";
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return $"nothing came for {options.StallTimeout.TotalSeconds:0} s.";
        }
        catch (Exception cut) when (cut is HttpRequestException or HttpIOException || cut is IOException { InnerException: System.Net.Sockets.SocketException })
        {
            return "the connection broke.";
        }
    }

    private static bool ContinuesAt(HttpResponseMessage response, long offset) =>
        response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From == offset;

    private static long Length(string path) => new FileInfo(path) is { Exists: true } file ? file.Length : 0;

    private static async Task<bool> IsIntactAsync(HubFile file, string path, CancellationToken cancellation)
    {
        await using var content = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferSize, useAsync: true);
        if (content.Length != file.Size) return false;
        if (file.Sha256 is { } sha256)
        {
            return SameHex(Convert.ToHexString(await SHA256.HashDataAsync(content, cancellation)), sha256.Replace("sha256:", "", StringComparison.Ordinal));
        }

        return file.GitId is not { Length: 40 } id || SameHex(await GitIdAsync(content, file.Size, cancellation), id);
    }

    private static bool SameHex(string one, string other) => one.Equals(other, StringComparison.OrdinalIgnoreCase);

    private static async Task<string> GitIdAsync(Stream content, long size, CancellationToken cancellation)
    {
#pragma warning disable CA5350 // Git names its objects by SHA-1; here it finds accidents, and nothing stronger is announced for small files.
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
#pragma warning restore CA5350
        hash.AppendData(System.Text.Encoding.ASCII.GetBytes($"blob {size}\0"));
        var buffer = new byte[BufferSize];
        int read;
        while ((read = await content.ReadAsync(buffer, cancellation)) > 0) hash.AppendData(buffer.AsSpan(0, read));
        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
