namespace Resultity.Gateway.Webhooks;

/// <summary>How events are sent to the receivers that clients name.</summary>
public sealed class WebhookOptions
{
    /// <summary>Whether receivers may be reached without TLS.</summary>
    /// <value>No.</value>
    public bool AllowHttp { get; set; }

    /// <summary>Whether receivers may have private, loopback and link-local addresses: then every client can reach what this machine reaches.</summary>
    /// <value>No.</value>
    public bool AllowPrivateAddresses { get; set; }

    /// <summary>How long a receiver may take to answer.</summary>
    /// <value>15 seconds.</value>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How many events are sent to one receiver at the same time.</summary>
    /// <value>4.</value>
    public int PerReceiver { get; set; } = 4;

    /// <summary>How many events are sent at the same time in all.</summary>
    /// <value>64.</value>
    public int MaxSending { get; set; } = 64;

    /// <summary>How often it is looked for events to send.</summary>
    /// <value>500 ms.</value>
    public TimeSpan LookEvery { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long the log of a delivery is kept after its end.</summary>
    /// <value>7 days.</value>
    public TimeSpan KeepLog { get; set; } = TimeSpan.FromDays(7);
}
