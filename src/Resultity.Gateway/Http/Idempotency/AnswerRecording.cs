using System.Diagnostics.CodeAnalysis;
using Resultity.Contracts.Values;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Http.Idempotency;

/// <summary>An answer while it is written: one writer, and any number of readers who begin at its start and follow.</summary>
/// <remarks>Safe for concurrent use. Bytes never change once they are published, so readers use the memory without a lock.</remarks>
internal sealed class AnswerRecording(int limit)
{
    private const int FirstLength = 4096;

    private readonly Lock _gate = new();
    private byte[] _bytes = [];
    private int _written;
    private int _published;
    private KeptAnswer? _head;
    private bool _hasEnded;
    private bool _isBroken;
    private TaskCompletionSource? _more;

    /// <summary>Memory to write to. The answer may not become longer than the limit.</summary>
    public Memory<byte> GetMemory(int atLeast)
    {
        atLeast = Math.Max(atLeast, 256);
        if (_bytes.Length - _written < atLeast)
        {
            Grow(atLeast);
        }

        return _bytes.AsMemory(_written);
    }

    /// <summary>Says how much was written.</summary>
    public void Advance(int count) => _written += count;

    /// <summary>How much was written and is not published.</summary>
    public int Unpublished => _written - _published;

    /// <summary>Lets readers see the head.</summary>
    public void Begin(int status, IReadOnlyList<KeyValuePair<string, string>> headers) => Change(() => _head ??= new KeptAnswer(status, headers, default));

    /// <summary>Lets readers see what was written so far.</summary>
    public void Publish() => Change(() => _published = _written);

    /// <summary>Nothing follows. Only the first call counts.</summary>
    /// <param name="isBroken">The answer is not whole, and is for nobody who has not begun to read it.</param>
    public void End(bool isBroken) => Change(() => (_hasEnded, _isBroken) = (true, _hasEnded ? _isBroken : isBroken));

    /// <summary>An answer that is there already.</summary>
    public void Fill(KeptAnswer answer) => Change(() =>
    {
        _bytes = answer.Body.ToArray();
        _written = _published = _bytes.Length;
        (_head, _hasEnded) = (answer, true);
    });

    /// <summary>The whole answer, once it is written.</summary>
    public bool TryGetWhole([NotNullWhen(true)] out KeptAnswer? answer)
    {
        lock (_gate)
        {
            answer = _head is null ? null : _head with { Body = _bytes.AsMemory(0, _published) };
            return answer is not null;
        }
    }

    /// <summary>Reads on.</summary>
    /// <param name="from">How many bytes the reader has.</param>
    public AnswerPart Read(int from)
    {
        lock (_gate)
        {
            return new AnswerPart(_head, _bytes.AsMemory(from, _published - from), _hasEnded, _isBroken);
        }
    }

    /// <summary>Waits until there is more than a reader has.</summary>
    public Task WaitAsync(bool hasHead, int bytes)
    {
        lock (_gate)
        {
            return _hasEnded || (!hasHead && _head is not null) || _published > bytes
                ? Task.CompletedTask
                : (_more ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    private void Change(Action change)
    {
        TaskCompletionSource? more;
        lock (_gate)
        {
            change();
            more = _more;
            _more = null;
        }

        more?.SetResult();
    }

    private void Grow(int atLeast)
    {
        var needed = (long)_written + atLeast;
        if (needed > limit + 256L)
        {
            throw new StorageException(
                "An answer that was asked for with an idempotency key is too large to be kept.",
                new Fault(FaultKind.BadNodeAnswer, "answer_too_large", "The answer is larger than the gateway keeps under an 'Idempotency-Key'. Send the request without one.") { ShouldRetry = false });
        }

        var larger = new byte[Math.Min(Math.Max(needed, Math.Max(FirstLength, 2L * _bytes.Length)), limit + 256L)];
        lock (_gate)
        {
            _bytes.AsSpan(0, _written).CopyTo(larger);
            _bytes = larger;
        }
    }
}

/// <summary>What a reader has not seen of an answer.</summary>
/// <param name="Head">Status and headers, once they are settled.</param>
/// <param name="Bytes">The bytes that follow those it has.</param>
/// <param name="IsEnd">Nothing follows.</param>
/// <param name="IsBroken">It ended before it was whole.</param>
internal readonly record struct AnswerPart(KeptAnswer? Head, ReadOnlyMemory<byte> Bytes, bool IsEnd, bool IsBroken);
