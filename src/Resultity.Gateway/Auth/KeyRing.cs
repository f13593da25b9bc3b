using System.Collections.Concurrent;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Auth;

/// <summary>
/// The API keys that are in use, in memory in front of the store. Safe for concurrent use. A key that was removed here is refused from
/// then on; what was changed elsewhere is seen within <see cref="Fresh"/>.
/// </summary>
internal sealed class KeyRing : IDisposable
{
    private const string Topic = "key";

    /// <summary>How long a key is believed without asking the store again.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);

    /// <summary>Refused secrets that are remembered, so that a client with a wrong key does not cost a read of the store each time.</summary>
    private const int MostRefused = 1024;

    private readonly ConcurrentDictionary<KeyHash, RingEntry> _entries = new();
    private readonly IApiKeyStore _store;
    private readonly IGatewaySignals _signals;
    private readonly TimeProvider _time;
    private readonly IDisposable _subscription;
    private int _generation;

    public KeyRing(IApiKeyStore store, IGatewaySignals signals, TimeProvider time)
    {
        (_store, _signals, _time) = (store, signals, time);
        _subscription = signals.Subscribe(Topic, RemoveHere);
    }

    /// <summary>Finds the credential of a secret.</summary>
    /// <returns>The credential, perhaps an expired one, or <see langword="null"/> if there is none or it was revoked.</returns>
    public ValueTask<Credential?> FindAsync(KeyHash hash, CancellationToken cancellation)
    {
        if (_entries.TryGetValue(hash, out var entry))
        {
            var now = _time.GetTimestamp();
            if (_time.GetElapsedTime(entry.CheckedAt, now) < Fresh || !entry.TryBeginCheck())
            {
                entry.UsedAt = now;
                return new(entry.Credential);
            }
        }

        return LoadAsync(hash, cancellation);
    }

    /// <summary>Drops what is known of a key: call it when a key was revoked, rotated or changed, after the store has it.</summary>
    public void Remove(string keyId)
    {
        RemoveHere(keyId);
        _signals.Publish(Topic, keyId);
    }

    private void RemoveHere(string keyId)
    {
        Interlocked.Increment(ref _generation);
        foreach (var (hash, entry) in _entries)
        {
            if (entry.Credential?.Caller.KeyId == keyId)
            {
                _entries.TryRemove(hash, out _);
            }
        }
    }

    /// <summary>The keys that were used since an instant, with when.</summary>
    public IReadOnlyCollection<KeyValuePair<string, DateTimeOffset>> UsedSince(long timestamp)
    {
        var now = _time.GetTimestamp();
        var wall = _time.GetUtcNow();
        return [.. _entries.Values
            .Where(entry => entry.Credential is not null && entry.UsedAt >= timestamp)
            .Select(entry => KeyValuePair.Create(entry.Credential!.Caller.KeyId, wall - _time.GetElapsedTime(entry.UsedAt, now)))];
    }

    /// <inheritdoc/>
    public void Dispose() => _subscription.Dispose();

    private async ValueTask<Credential?> LoadAsync(KeyHash hash, CancellationToken cancellation)
    {
        while (true)
        {
            // A key that is removed while the store is read must not come back by that read.
            var generation = Volatile.Read(ref _generation);
            var key = await _store.FindAsync(hash.ToString(), _time.GetUtcNow(), cancellation);
            var credential = key is { RevokedAt: null } ? Credential.Of(key) : null;
            if (credential is null && _entries.Count(static pair => pair.Value.Credential is null) >= MostRefused)
            {
                ForgetRefused();
            }

            _entries[hash] = new RingEntry(credential, _time.GetTimestamp());
            if (generation == Volatile.Read(ref _generation))
            {
                return credential;
            }
        }
    }

    private void ForgetRefused()
    {
        foreach (var (hash, entry) in _entries)
        {
            if (entry.Credential is null)
            {
                _entries.TryRemove(hash, out _);
            }
        }
    }
}
