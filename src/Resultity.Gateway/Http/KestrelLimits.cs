using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Resultity.Gateway.Http;

/// <summary>Kestrel's limits for a public edge: what a client may send before anything of it is looked at.</summary>
internal sealed class KestrelLimits(IOptions<GatewayHttpOptions> options) : IConfigureOptions<KestrelServerOptions>
{
    /// <summary>The most headers of a request.</summary>
    public const int HeaderCount = 100;

    /// <summary>The longest request line, in bytes.</summary>
    public const int RequestLine = 8 * 1024;

    private static readonly TimeSpan BodyGrace = TimeSpan.FromSeconds(5);

    public void Configure(KestrelServerOptions kestrel)
    {
        var limits = kestrel.Limits;
        kestrel.AddServerHeader = false;
        limits.MaxRequestHeadersTotalSize = options.Value.HeadLimit;
        limits.MaxRequestHeaderCount = HeaderCount;
        limits.MaxRequestLineSize = RequestLine;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
        limits.KeepAliveTimeout = TimeSpan.FromMinutes(3);
        limits.MinRequestBodyDataRate = new MinDataRate(options.Value.SlowestBody, BodyGrace);

        // Routes that read JSON check the limit themselves so that the error can name it; this stops what no route checks.
        limits.MaxRequestBodySize = options.Value.JsonBodyLimit;
    }
}
