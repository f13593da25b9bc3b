namespace Resultity.Serving.Stores;

/// <summary>Short messages between the gateways that share a storage.</summary>
/// <remarks>
/// Safe for concurrent use. A message is a hint to read the storage again: it may come late, twice, or not at all if a gateway dies, so whoever
/// listens also looks by itself from time to time. A gateway's own messages do not come back to it.
/// </remarks>
public interface IGatewaySignals
{
    /// <summary>Tells the other gateways. Neither waits nor fails.</summary>
    /// <param name="topic">What it is about: a word.</param>
    /// <param name="text">Which one: an identifier without spaces, or nothing.</param>
    void Publish(string topic, string text);

    /// <summary>Listens to the other gateways until the subscription is disposed of.</summary>
    /// <param name="topic">What about.</param>
    /// <param name="received">Called with the text of each message, one at a time; must be quick. An empty text means that messages may have been missed.</param>
    IDisposable Subscribe(string topic, Action<string> received);
}

/// <summary>The signals of a gateway that has its storage to itself: nobody is there to be told.</summary>
public sealed class NoGatewaySignals : IGatewaySignals, IDisposable
{
    /// <inheritdoc/>
    public void Publish(string topic, string text)
    {
    }

    /// <inheritdoc/>
    public IDisposable Subscribe(string topic, Action<string> received) => this;

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
