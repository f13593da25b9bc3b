namespace Resultity.Gateway.Responses;

/// <summary>How stored responses are kept.</summary>
public sealed class ResponseOptions
{
    /// <summary>How long a stored response can be read and continued.</summary>
    /// <value>30 days, as OpenAI keeps them.</value>
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(30);

    /// <summary>The largest input of a response together with the conversation that it continues, in bytes of JSON.</summary>
    /// <value>33,554,432 (32 MiB).</value>
    public int ConversationLimit { get; set; } = 32 * 1024 * 1024;
}
