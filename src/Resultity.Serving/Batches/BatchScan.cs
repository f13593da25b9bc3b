using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Unicode;

namespace Resultity.Serving.Batches;

/// <summary>Reads a batch's input once from its beginning to its end: finds what is wrong, and where the lines are.</summary>
/// <remarks>Holds one line at a time. A run that goes on after a crash reads the input again: that takes less than writing the places down.</remarks>
internal sealed class BatchScan(string? endpoint, IReadOnlyCollection<string> paths, BatchOptions options)
{
    private const int Block = 256 * 1024;

    private readonly List<BatchError> _errors = [];
    private readonly HashSet<UInt128> _customIds = [];
    private int _number;

    /// <summary>The lines.</summary>
    public BatchIndex Index { get; } = new();

    /// <summary>What is wrong; empty if nothing is.</summary>
    public IReadOnlyList<BatchError> Errors => _errors;

    /// <summary>Reads the input.</summary>
    public async ValueTask ReadAsync(Stream input, CancellationToken cancellation)
    {
        var buffer = new byte[Block];
        var (length, offset, isSkipping) = (0, 0L, false);
        while (true)
        {
            var count = await input.ReadAsync(buffer.AsMemory(length), cancellation).ConfigureAwait(false);
            length += count;
            var start = 0;
            while (buffer.AsSpan(start, length - start).IndexOf((byte)'\n') is >= 0 and var end)
            {
                if (!isSkipping && !Take(buffer.AsSpan(start, end), offset + start))
                {
                    return;
                }

                isSkipping = false;
                start += end + 1;
            }

            if (count == 0)
            {
                if (isSkipping || start == length || Take(buffer.AsSpan(start, length - start), offset + start))
                {
                    Finish();
                }

                return;
            }

            var rest = length - start;
            if (isSkipping || rest > options.MaxLineBytes)
            {
                if (!isSkipping && !TellTooLong(++_number))
                {
                    return;
                }

                (offset, length, isSkipping) = (offset + length, 0, true);
                continue;
            }

            buffer.AsSpan(start, rest).CopyTo(buffer);
            (offset, length) = (offset + start, rest);
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }
        }
    }

    /// <summary>How a line is without what editors put around it.</summary>
    internal static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> line, bool isFirst) =>
        (isFirst && line.StartsWith("\uFEFF"u8) ? line[3..] : line).Trim(" \t\r"u8);

    /// <returns><see langword="false"/> if there is no point in going on.</returns>
    private bool Take(ReadOnlySpan<byte> raw, long offset)
    {
        _number++;
        var line = Trim(raw, _number == 1);
        if (line.IsEmpty)
        {
            return true;
        }

        if (line.Length > options.MaxLineBytes)
        {
            return TellTooLong(_number);
        }

        if (Index.Count == options.MaxLines)
        {
            _errors.Add(new BatchError("too_many_lines", string.Create(CultureInfo.InvariantCulture, $"The file has more than {options.MaxLines} requests; that is the most. Split it into several batches."), _number));
            return false;
        }

        if (!Utf8.IsValid(line))
        {
            return Tell(new BatchError("invalid_json_line", "This line is not valid UTF-8.", _number));
        }

        if ((BatchLine.Parse(line, _number, out var parsed) ?? Check(parsed)) is { } error)
        {
            return Tell(error);
        }

        var from = offset + raw.IndexOf(line[0]);
        Index.Add(_number, from, line.Length, parsed.Url ?? endpoint!, parsed.Model ?? "");
        return true;
    }

    private BatchError? Check(in BatchLine line)
    {
        if (line.Method is not (null or "POST"))
        {
            return new BatchError("invalid_method", "Invalid 'method': the only method is 'POST'.", _number, "method");
        }

        if ((line.Url ?? endpoint) is not { } url)
        {
            return new BatchError("missing_required_parameter", "Missing required parameter: 'url'. Name the endpoint in the line, or for all lines in the batch.", _number, "url");
        }

        if (!paths.Contains(url))
        {
            return new BatchError("invalid_url", $"Invalid 'url'. Supported values are: {string.Join(", ", paths.Select(static path => $"'{path}'"))}.", _number, "url");
        }

        if (line.Stream)
        {
            return new BatchError("invalid_value", "Invalid 'body.stream': the answers of a batch are not streamed. Leave it out.", _number, "body.stream");
        }

        return _customIds.Add(Digest(line.CustomId))
            ? null
            : new BatchError("duplicate_custom_id", "The 'custom_id' of this line is that of an earlier line. Give each line a name of its own.", _number, "custom_id");
    }

    private void Finish()
    {
        if (Index.Count == 0 && _errors.Count == 0)
        {
            _errors.Add(new BatchError("empty_file", "The file has no requests. Expected one JSON object per line."));
        }
    }

    private bool TellTooLong(int number) => Tell(new BatchError(
        "line_too_long", string.Create(CultureInfo.InvariantCulture, $"This line is longer than {options.MaxLineBytes} bytes; that is the most."), number));

    private bool Tell(BatchError error)
    {
        _errors.Add(error);
        if (_errors.Count < options.MaxErrors)
        {
            return true;
        }

        _errors.Add(new BatchError("too_many_errors", "Lines behind this one were not looked at.", _number));
        return false;
    }

    // Names are kept as digests: 50,000 of the longest would be 50 MB.
    private static UInt128 Digest(string name)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(name.AsSpan()), hash);
        return MemoryMarshal.Read<UInt128>(hash);
    }
}
