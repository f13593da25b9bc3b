namespace Resultity.Node.Runtimes.OpenAi;

/// <summary>The upstream's API key, from a file or the environment; never in logs or messages.</summary>
internal sealed class UpstreamKey
{
    private readonly string? _file;
    private volatile string? _authorization;
    private DateTime _readAt;

    /// <exception cref="RuntimeStartException">The key is named but not there.</exception>
    public UpstreamKey(OpenAiRuntimeOptions options)
    {
        _file = options.KeyFile;
        if (options.KeyVariable is { } variable)
        {
            var key = Environment.GetEnvironmentVariable(variable);
            if (string.IsNullOrWhiteSpace(key))
                throw new RuntimeStartException($"The environment variable {variable}, which should hold the API key of {options.Url}, is not set.");
            _authorization = ToHeader(key);
        }
        else if (_file is not null && !TryRead())
            throw new RuntimeStartException($"The key file {_file} cannot be read or is empty.");
    }

    /// <summary>The <c>authorization</c> header's value, or null when the upstream needs none.</summary>
    public string? Authorization => _authorization;

    /// <summary>Reads the key file again if it changed; keeps the key when it can't be read just now.</summary>
    public void Refresh()
    {
        if (_file is not null && File.GetLastWriteTimeUtc(_file) != _readAt)
            TryRead();
    }

    private bool TryRead()
    {
        try
        {
            var changed = File.GetLastWriteTimeUtc(_file!);
            var key = File.ReadLines(_file!).FirstOrDefault();
            if (string.IsNullOrWhiteSpace(key))
                return false;
            _authorization = ToHeader(key);
            _readAt = changed;
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string ToHeader(string key) => "Bearer " + key.Trim();
}
