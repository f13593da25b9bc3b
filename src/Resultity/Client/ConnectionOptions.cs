using System.CommandLine;
using Resultity.Cli;

namespace Resultity.Client;

/// <summary>The options that say which gateway a client verb talks to, and as whom.</summary>
internal sealed class ConnectionOptions
{
    private const string DefaultUrl = "http://127.0.0.1:8080";

    private readonly Option<string?> _url = new("--url") { Description = $"The gateway's URL [RESULTITY_URL; default: the local gateway, {DefaultUrl}]", HelpName = "url" };
    private readonly Option<string?> _key;
    private readonly Option<string?> _data = new("--data") { Description = "The local gateway's data folder, for its credentials [RESULTITY_DATA]", HelpName = "folder" };
    private readonly Option<int> _timeout = new("--timeout") { Description = "Give up after so many seconds; 0 waits for ever", HelpName = "seconds", DefaultValueFactory = _ => 600 };
    private readonly Terminal _terminal;
    private readonly bool _admin;

    /// <param name="command">Gets the options.</param>
    /// <param name="terminal">Where the environment is read.</param>
    /// <param name="admin">Whether the verb speaks to the admin API, which has credentials of its own.</param>
    public ConnectionOptions(Command command, Terminal terminal, bool admin = false)
    {
        _terminal = terminal;
        _admin = admin;
        _key = admin
            ? new("--admin-key") { Description = "The admin key [RESULTITY_ADMIN_KEY; default: the local gateway's]", HelpName = "ra_…" }
            : new("--key") { Description = "The API key [RESULTITY_API_KEY; default: the local gateway's]", HelpName = "rk_…" };
        _timeout.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var seconds) && seconds < 0) result.AddError("--timeout must not be negative.");
        });
        command.Add(_url);
        command.Add(_key);
        command.Add(_data);
        command.Add(_timeout);
    }

    /// <summary>Opens a client. The caller disposes of it.</summary>
    /// <exception cref="CliException">An option has a value that cannot be used.</exception>
    public ApiClient Open(ParseResult parsed)
    {
        var local = LocalAccess.Read(parsed.GetValue(_data) ?? DataFolder.Default(_terminal.Variable));
        var given = parsed.GetValue(_url) ?? _terminal.Variable("RESULTITY_URL");
        var url = given is { Length: > 0 } ? Parse(given) : local?.Url ?? new Uri(DefaultUrl);
        var key = parsed.GetValue(_key) ?? _terminal.Variable(_admin ? "RESULTITY_ADMIN_KEY" : "RESULTITY_API_KEY");
        if (string.IsNullOrEmpty(key))
        {
            // The local gateway's keys go to the local gateway only, whatever --url says.
            key = local is not null && SameOrigin(local.Url, url) ? (_admin ? local.AdminKey : local.ApiKey) : null;
        }

        var seconds = parsed.GetValue(_timeout);
        return new ApiClient(url, key, _admin, seconds == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(seconds));
    }

    private static Uri Parse(string given)
    {
        if (Uri.TryCreate(given, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
        {
            // SDK users paste a base URL that ends in /v1; both mean the same gateway.
            var path = url.AbsolutePath.TrimEnd('/');
            if (path.EndsWith("/v1", StringComparison.Ordinal)) path = path[..^3];
            return new UriBuilder(url) { Path = path + "/", Query = "", Fragment = "" }.Uri;
        }

        throw new CliException(ExitCode.Usage, $"--url {given} is not a URL.", "Give one that begins with http:// or https://, such as http://127.0.0.1:8080.");
    }

    private static bool SameOrigin(Uri one, Uri other) =>
        one.Scheme == other.Scheme && one.Port == other.Port && (one.Host == other.Host || (one.IsLoopback && other.IsLoopback));
}
