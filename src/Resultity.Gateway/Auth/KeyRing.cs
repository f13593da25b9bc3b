using System.Collections.Concurrent;

namespace Resultity.Gateway.Auth;

/// <summary>The valid API keys of this process, in memory. Safe for concurrent use; a removal holds for every request after it.</summary>
internal sealed class KeyRing
{
    private readonly ConcurrentDictionary<KeyHash, Credential> _byHash = new();

    /// <summary>How many keys there are.</summary>
    public int Count => _byHash.Count;

    /// <summary>Finds the credential of a key by the key's hash.</summary>
    public Credential? Find(KeyHash hash) => _byHash.TryGetValue(hash, out var credential) ? credential : null;

    /// <summary>Adds a key, or replaces what was known of it.</summary>
    public void Put(Credential credential) => _byHash[credential.Hash] = credential;

    /// <summary>Removes a key by its identifier.</summary>
    public void Remove(string keyId)
    {
        foreach (var (hash, credential) in _byHash)
        {
            if (credential.Caller.KeyId == keyId)
            {
                _byHash.TryRemove(hash, out _);
            }
        }
    }

    /// <summary>Makes the ring hold exactly these keys.</summary>
    public void Replace(IReadOnlyCollection<Credential> credentials)
    {
        var keep = new HashSet<KeyHash>(credentials.Count);
        foreach (var credential in credentials)
        {
            keep.Add(credential.Hash);
            Put(credential);
        }

        foreach (var hash in _byHash.Keys)
        {
            if (!keep.Contains(hash))
            {
                _byHash.TryRemove(hash, out _);
            }
        }
    }
}
