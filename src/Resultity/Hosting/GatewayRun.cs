using Microsoft.Extensions.Logging;
using Resultity.Cli;
using Resultity.Client;
using Resultity.Configuration;
using Resultity.Gateway.Hosting;

namespace Resultity.Hosting;

/// <summary>A gateway in this process from its start to its drain, for the verbs that host one.</summary>
internal sealed class GatewayRun : IAsyncDisposable
{
    private readonly Terminal _terminal;
    private readonly TimeSpan _drainTimeout;

    private GatewayRun(Terminal terminal, GatewayHost host, string dataFolder, Uri publicUrl, TimeSpan drainTimeout)
    {
        (_terminal, Host, DataFolder, PublicUrl, _drainTimeout) = (terminal, host, dataFolder, publicUrl, drainTimeout);
    }

    public GatewayHost Host { get; }

    public string DataFolder { get; }

    /// <summary>What clients and nodes are told.</summary>
    public Uri PublicUrl { get; }

    public static async Task<GatewayRun> StartAsync(Terminal terminal, SettingValues settings, Action<ILoggingBuilder> logging, CancellationToken cancellation)
    {
        var folder = HostSettings.DataFolderOf(settings, terminal);
        var publicUrl = HostSettings.Url(settings, "gateway.public_url");
        GatewayHost? host = null;
        try
        {
            host = GatewayHost.Create(HostSettings.Gateway(settings, folder), logging);
            var known = LocalAccess.Read(folder);
            await host.StartAsync(
                new KeyOffer(terminal.Variable("RESULTITY_ADMIN_KEY"), known?.AdminKey),
                new KeyOffer(terminal.Variable("RESULTITY_API_KEY"), known?.ApiKey),
                cancellation);
            new LocalAccess(host.Address, host.AdminKey.Secret, host.ApiKey.Secret).Write(folder);
            return new GatewayRun(terminal, host, folder, publicUrl ?? host.Address, settings.Duration("drain_timeout"));
        }
        catch (GatewayStartException wrong)
        {
            if (host is not null) await host.DisposeAsync();
            throw new CliException(ExitCode.Usage, wrong.Message);
        }
        catch
        {
            if (host is not null) await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Refuses new requests and lets those that run finish, for as long as the operator allows.</summary>
    public async Task DrainAsync()
    {
        using var patience = new CancellationTokenSource(_drainTimeout, _terminal.Time);
        try
        {
            var drained = Host.DrainAsync(patience.Token);
            if (!drained.IsCompleted) _terminal.Note("Finishing what runs; Ctrl-C again stops at once.");
            await drained;
        }
        catch (OperationCanceledException)
        {
            _terminal.Note($"Some requests did not finish within {_drainTimeout.TotalSeconds:0} s and are cut off.");
        }
    }

    /// <summary>The exit code: a gateway that ended without being asked to has failed.</summary>
    public int EndOf(CancellationToken asked)
    {
        if (asked.IsCancellationRequested) return ExitCode.Ok;
        _terminal.Fail("the gateway stopped because a part of it failed.", "The log says why.");
        return ExitCode.Failure;
    }

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    /// <summary>How a key is told: in full only when it was made just now.</summary>
    public string Shown(ReadyKey key, string variable) =>
        key.IsNew ? key.Secret
        : _terminal.Variable(variable) == key.Secret ? $"as in {variable}"
        : $"as shown at the first start (kept for this user in {LocalAccess.PathIn(DataFolder)})";
}
