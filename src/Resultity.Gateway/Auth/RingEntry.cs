namespace Resultity.Gateway.Auth;

/// <summary>What is known of a secret: whose it is, or that it is nobody's.</summary>
internal sealed class RingEntry(Credential? credential, long checkedAt)
{
    private int _checking;

    /// <summary>Who it stands for; <see langword="null"/> if it is refused.</summary>
    public Credential? Credential => credential;

    /// <summary>When the store was asked.</summary>
    public long CheckedAt { get; } = checkedAt;

    /// <summary>When it was presented last.</summary>
    public long UsedAt { get; set; } = checkedAt;

    /// <summary>One request asks the store again; the others believe what is known until it has.</summary>
    public bool TryBeginCheck() => Interlocked.Exchange(ref _checking, 1) == 0;
}
