namespace Resultity.Node.Models;

/// <summary>Where models come from and where they go.</summary>
public sealed class PullOptions
{
    /// <summary>The hub's base URL.</summary>
    /// <value>The default is <c>https://huggingface.co/</c>.</value>
    public Uri Hub { get; init; } = new("https://huggingface.co/");

    /// <summary>The hub's token, for gated and private models; <see langword="null"/> asks as anybody.</summary>
    public string? Token { get; init; }

    /// <summary>The folder that gets one folder per model.</summary>
    public required string ModelsFolder { get; init; }

    /// <summary>How often in a row a download may fail without a byte of progress.</summary>
    /// <value>The default is 6.</value>
    public int Attempts { get; init; } = 6;

    /// <summary>The wait before the second try; it doubles with each further failure.</summary>
    /// <value>The default is 500 ms.</value>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>A connection on which nothing comes for so long is given up.</summary>
    /// <value>The default is 30 s.</value>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What must stay free on the disk.</summary>
    /// <value>The default is 256 MB.</value>
    public long SpareBytes { get; init; } = 256L << 20;
}
