namespace Resultity.Gateway.Http;

/// <summary>Limits and times of the public HTTP edge.</summary>
public sealed class GatewayHttpOptions
{
    /// <summary>The largest JSON body, in bytes.</summary>
    /// <value>33,554,432 (32 MiB).</value>
    public int JsonBodyLimit { get; set; } = 32 * 1024 * 1024;

    /// <summary>Where the files of large uploads lie while their request runs.</summary>
    /// <value>The system's folder for temporary files.</value>
    public string SpoolFolder { get; set; } = Path.GetTempPath();

    /// <summary>The slowest that a client may send a body, in bytes per second, after a grace of five seconds.</summary>
    /// <value>240.</value>
    public double SlowestBody { get; set; } = 240;

    /// <summary>The largest head of a request, in bytes.</summary>
    /// <value>32,768.</value>
    public int HeadLimit { get; set; } = 32 * 1024;

    /// <summary>Origins whose browsers may call the API (<c>https://app.example.org</c>, or <c>*</c>); none unless named.</summary>
    public IReadOnlyList<string> CorsOrigins { get; set; } = [];

    /// <summary>A stream that is not placed after this long is accepted with a comment; until then a refusal keeps its true status.</summary>
    /// <value>250 ms.</value>
    public TimeSpan AcceptStreamsAfter { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest silence on an open stream, after which a comment is sent.</summary>
    /// <value>12 s, well inside the 15 s that the API promises.</value>
    public TimeSpan KeepAlive { get; set; } = TimeSpan.FromSeconds(12);

    /// <summary>How long a stream whose client has gone is computed on, in case the client resumes it.</summary>
    /// <value>800 ms, so that an abandoned computation has stopped within a second.</value>
    public TimeSpan ResumeGrace { get; set; } = TimeSpan.FromMilliseconds(800);

    /// <summary>How long the events of an ended stream can be read again.</summary>
    /// <value>30 s.</value>
    public TimeSpan ReplayFor { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The most memory that the kept events of one stream take, in bytes; the oldest go first.</summary>
    /// <value>262,144 (256 KiB).</value>
    public int ReplayBytesPerStream { get; set; } = 256 * 1024;

    /// <summary>The most memory that the kept events of all streams take, in bytes.</summary>
    /// <value>134,217,728 (128 MiB).</value>
    public long ReplayBytes { get; set; } = 128L * 1024 * 1024;
}
