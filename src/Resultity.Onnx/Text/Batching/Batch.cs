using Resultity.Onnx.Text.Decoding;
using Resultity.Onnx.Text.Sampling;

namespace Resultity.Onnx.Text.Batching;

/// <summary>The sequences of one engine, advanced one step at a time.</summary>
/// <remarks>
/// One round (<see cref="Advance"/>):
/// <list type="number">
/// <item>cancelled sequences leave;</item>
/// <item>waiting ones take free slots;</item>
/// <item>at most one chunk of prompt tokens is computed, shared in turn by the prompts that are not done; each starts from what the prefix
/// cache or another sequence holds of it;</item>
/// <item>all sequences whose prompts are done get their next token in one run.</item>
/// </list>
/// So a late sequence joins at the next round, and a long prompt delays the others by one chunk per token.
/// Used by the engine's thread only.
/// </remarks>
internal sealed class Batch : IDisposable
{
    private readonly Decoder _decoder;
    private readonly PrefixCache _cache;
    private readonly TokenChooser _chooser;
    private readonly TimeProvider _time;
    private readonly int _chunk;
    private readonly Action _released;
    private readonly List<Sequence> _waiting = [], _prefilling = [], _decoding = [];
    private readonly KvRow[] _rows;
    private readonly int[] _tokens;

    /// <param name="model">The model.</param>
    /// <param name="options">Limits.</param>
    /// <param name="time">The clock of the measured times.</param>
    /// <param name="released">Called when a sequence has left, before its generation ends.</param>
    public Batch(TextModel model, TextEngineOptions options, TimeProvider time, Action released)
    {
        _decoder = model.CreateDecoder(options.Slots);
        _cache = new PrefixCache(options.PrefixCacheBytes, model.CacheBytesPerToken);
        _chooser = new TokenChooser(new SamplerScratch(model.Config.VocabularySize));
        (_time, _chunk, _released) = (time, options.PrefillChunk, released);
        _rows = new KvRow[options.Slots];
        _tokens = new int[options.Slots];
    }

    public bool IsIdle => _waiting.Count + _prefilling.Count + _decoding.Count == 0;

    public PrefixCache Cache => _cache;

    public void Add(Sequence sequence) => _waiting.Add(sequence);

    /// <summary>Computes one round. A fault of the session ends the sequences that were computed together, and no others.</summary>
    public void Advance()
    {
        DropCancelled(_waiting);
        DropCancelled(_prefilling);
        DropCancelled(_decoding);
        Admit();
        Prefill();
        Decode();
    }

    /// <summary>Ends everything.</summary>
    public void EndAll(FinishReason reason, Exception? error = null)
    {
        foreach (var list in (List<Sequence>[])[_waiting, _prefilling, _decoding])
            while (list.Count > 0) End(list, list.Count - 1, reason, error);
    }

    public void Dispose()
    {
        _cache.Dispose();
        _decoder.Dispose();
    }

    private void DropCancelled(List<Sequence> list)
    {
        for (var i = list.Count - 1; i >= 0; i--)
            if (list[i].Generation.CancelRequested) End(list, i, FinishReason.Cancelled);
    }

    private void Admit()
    {
        while (_waiting.Count > 0 && _prefilling.Count + _decoding.Count < _decoder.Capacity)
        {
            var sequence = _waiting[0];
            _waiting.RemoveAt(0);
            sequence.Row = _decoder.Open();
            _prefilling.Add(sequence);
            var now = _time.GetTimestamp();
            sequence.Generation.QueueTime = _time.GetElapsedTime(sequence.Since, now);
            sequence.Since = now;
        }
    }

    private void Prefill()
    {
        // Each round begins with the prompt after the last one served, so a short prompt does not wait for a long one.
        for (int left = _chunk, turns = _prefilling.Count; left > 0 && turns > 0; turns--)
        {
            var sequence = _prefilling[0];
            var done = false;
            try
            {
                if (sequence.Begun || Begin(sequence))
                {
                    var part = sequence.Remaining;
                    part = part[..Math.Min(Math.Min(part.Length, left), _decoder.LongestPrefill)];
                    left -= part.Length;
                    _decoder.Prefill(sequence.Row!, part);
                    done = sequence.Remaining.IsEmpty;
                }
            }
            catch (Exception e)
            {
                End(_prefilling, 0, FinishReason.Failed, e);
                continue;
            }
            _prefilling.RemoveAt(0);
            (done ? _decoding : _prefilling).Add(sequence);
            if (!done) continue;
            sequence.Generation.PromptTime = _time.GetElapsedTime(sequence.Since);
            Choose(_decoding.Count - 1);
        }
    }

    // Copies what is computed already of the prompt's beginning. False: another sequence is about to compute more of it, and is ahead,
    // so waiting is quicker than computing the same beside it. Choices of one request and chats with one system prompt come so.
    private bool Begin(Sequence sequence)
    {
        // The last token is always computed, for its logits.
        var prompt = sequence.Request.Prompt.Span[..^1];
        var cached = _cache.Find(prompt, out var snapshot);
        Sequence? nearest = null;
        foreach (var list in (ReadOnlySpan<List<Sequence>>)[_prefilling, _decoding])
            foreach (var other in list)
            {
                if (!other.Begun) continue;
                var common = other.CommonPrefix(prompt);
                if (common <= cached || common < PrefixCache.LeastTokens) continue;
                if (other.Row!.Length < common) return false;
                (nearest, cached) = (other, common);
            }
        sequence.Begun = true;
        if (cached == 0) return true;
        using var copy = nearest is null ? null : _decoder.Save(nearest.Row!, cached);
        _decoder.Restore(sequence.Row!, copy ?? snapshot!, cached);
        sequence.Generation.CachedTokens = cached;
        return true;
    }

    private void Decode()
    {
        if (_decoding.Count == 0) return;
        for (var i = 0; i < _decoding.Count; i++) (_rows[i], _tokens[i]) = (_decoding[i].Row!, _decoding[i].Last);
        try
        {
            _decoder.Step(_rows.AsSpan(0, _decoding.Count), _tokens.AsSpan(0, _decoding.Count));
        }
        catch (Exception e)
        {
            while (_decoding.Count > 0) End(_decoding, _decoding.Count - 1, FinishReason.Failed, e);
            return;
        }
        for (var i = _decoding.Count - 1; i >= 0; i--) Choose(i);
    }

    private void Choose(int index)
    {
        var sequence = _decoding[index];
        try
        {
            if (_chooser.Next(sequence, _decoder.Logits(sequence.Row!)) is { } finish) End(_decoding, index, finish);
        }
        catch (Exception e)
        {
            End(_decoding, index, FinishReason.Failed, e);
        }
    }

    private void End(List<Sequence> list, int index, FinishReason reason, Exception? error = null)
    {
        var sequence = list[index];
        list.RemoveAt(index);
        if (sequence.Row is { } row)
        {
            if (reason != FinishReason.Failed) Keep(sequence, row);
            _decoder.Close(row);
            sequence.Row = null;
        }
        _released();
        sequence.Generation.End(reason, error);
    }

    private void Keep(Sequence sequence, KvRow row)
    {
        try
        {
            _cache.Add(sequence.ComputedTokens(), _decoder, row);
        }
        catch (OutOfMemoryException)
        {
            // What is kept only saves time; the sequence has ended well.
            _cache.Clear();
        }
    }
}
