namespace Resultity.Gateway.Http;

/// <summary>Header names that ASP.NET has no constant for.</summary>
internal static class HeaderNames
{
    public const string RequestId = "x-request-id";
    public const string ProcessingTime = "openai-processing-ms";
    public const string RetryAfterMilliseconds = "retry-after-ms";
    public const string ShouldRetry = "x-should-retry";
    public const string Node = "x-resultity-node";
    public const string Attempts = "x-resultity-attempts";
    public const string Model = "x-resultity-model";
}
