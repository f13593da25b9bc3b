using Resultity.Cli;
using Resultity.Client;
using Resultity.Gateway.Hosting;
using Resultity.Node.Agent;

namespace Resultity.Configuration;

/// <summary>Turns settings into the options of the parts.</summary>
internal static class HostSettings
{
    public static string DataFolderOf(SettingValues settings, Terminal terminal) => Path.GetFullPath(settings.Text("data") ?? DataFolder.Default(terminal.Variable));

    public static GatewayOptions Gateway(SettingValues settings, string dataFolder)
    {
        var options = new GatewayOptions { DataFolder = dataFolder, Host = settings.RequiredText("gateway.host"), Port = settings.Integer("gateway.port") };
        options.Http.CorsOrigins = settings.List("gateway.cors_origins");
        options.Http.JsonBodyLimit = settings.Integer("gateway.json_body_limit");
        options.RemoteImages.Hosts = [.. settings.List("gateway.image_hosts").Select(ImageHost)];
        options.Webhooks.AllowHttp = options.Webhooks.AllowPrivateAddresses = settings.Text("gateway.webhook_receivers") == "private";
        options.Database = Database(settings);
        options.BlobFolder = settings.Text("gateway.blobs") is { } blobs ? Path.GetFullPath(blobs) : null;
        options.Jobs.Lease = settings.Duration("gateway.job_lease");
        options.Pipeline.RequestTimeout = settings.Duration("gateway.request_timeout");
        options.Pipeline.MaxAttempts = settings.Integer("gateway.max_attempts");
        options.Scheduling.MaxQueueLength = settings.Integer("gateway.queue_length");
        options.Scheduling.MaxQueueLengthPerNamespace = settings.Integer("gateway.queue_length_per_namespace");
        options.Scheduling.NodeReturnGrace = settings.Duration("gateway.node_return_grace");
        foreach (var (alias, model) in settings.Map("gateway.aliases")) options.Catalog.Aliases[alias] = model;
        return options;
    }

    private static string ImageHost(string written)
    {
        var isRight = written.Contains("://", StringComparison.Ordinal)
            ? Uri.TryCreate(written, UriKind.Absolute, out var origin) && origin.Scheme is "http" or "https"
            : Uri.CheckHostName(written.StartsWith("*.", StringComparison.Ordinal) ? written[2..] : written) != UriHostNameType.Unknown;
        return isRight ? written : throw new CliException(ExitCode.Usage, $"gateway.image_hosts names '{written}'; allowed are hosts such as images.example.org or *.example.org, and origins such as http://10.0.0.5:8000.");
    }

    private static string? Database(SettingValues settings)
    {
        if (settings.Text("gateway.database_file") is not { } file) return settings.Text("gateway.database");
        if (settings.Text("gateway.database") is not null) throw new CliException(ExitCode.Usage, "gateway.database and gateway.database_file are both given; allowed is one of them.");
        try
        {
            return File.ReadAllText(file).Trim() is { Length: > 0 } address ? address : throw new CliException(ExitCode.Usage, $"gateway.database_file '{file}' is empty.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Usage, $"gateway.database_file '{file}' cannot be read: {exception.Message}");
        }
    }

    /// <param name="settings">The settings.</param>
    /// <param name="options">What is filled.</param>
    /// <param name="folder">The node's own folder.</param>
    public static void Node(SettingValues settings, NodeOptions options, string folder)
    {
        options.Name = settings.Text("node.name") ?? Environment.MachineName;
        options.Region = settings.Text("node.region");
        foreach (var subcloud in settings.List("node.subclouds")) options.Subclouds.Add(subcloud);
        options.Folder = folder;
        options.Links = settings.Integer("node.links");
        options.DrainTimeout = settings.Duration("drain_timeout");
        options.Transport = settings.RequiredText("node.transport") switch
        {
            "upgrade" => NodeTransport.Upgrade,
            "websocket" => NodeTransport.WebSocket,
            _ => NodeTransport.Auto,
        };
    }

    /// <summary>A setting that has to be an HTTP URL, if it is given.</summary>
    public static Uri? Url(SettingValues settings, string key) => settings.Text(key) switch
    {
        null => null,
        { } text when Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" => new UriBuilder(url) { Query = "", Fragment = "" }.Uri,
        { } text => throw new CliException(ExitCode.Usage, $"{key} is '{text}'; allowed is a URL that begins with http:// or https://."),
    };
}
