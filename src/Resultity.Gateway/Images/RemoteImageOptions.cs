namespace Resultity.Gateway.Images;

/// <summary>From where images are fetched that clients name by their URLs.</summary>
public sealed class RemoteImageOptions
{
    /// <summary>
    /// Hosts (<c>images.example.org</c>, or with all below it <c>*.example.org</c>), which are reached by https on public addresses only; or whole
    /// origins (<c>http://127.0.0.1:8081</c>), which are reached as they are written, wherever they are.
    /// </summary>
    /// <value>None: remote URLs are refused.</value>
    public IReadOnlyList<string> Hosts { get; set; } = [];

    /// <summary>How long fetching one image may take.</summary>
    /// <value>15 seconds.</value>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(15);
}
