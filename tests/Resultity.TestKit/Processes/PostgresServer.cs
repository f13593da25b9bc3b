using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Resultity.TestKit.Processes;

/// <summary>A real PostgreSQL server with a folder and a port of its own, trusting everybody on the loopback. Ends with the test, also when the test is killed.</summary>
/// <remarks>PostgreSQL refuses to run as root, so root's tests run it as Debian's user <c>postgres</c>.</remarks>
public sealed class PostgresServer : IAsyncDisposable
{
    private const string User = "resultity";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    // Ends the server when whoever started it is gone, and itself when the server is.
    private const string UntilParentEnds = "exec 3<&0; \"$@\" 3<&- & server=$!; (cat <&3 >/dev/null 2>&1; kill -QUIT $server 2>/dev/null) & watch=$!; wait $server; ended=$?; kill $watch; exit $ended";

    private readonly string _folder;
    private readonly int _port;
    private readonly string[] _settings;
    private Process _shell;
    private int _databases;

    private PostgresServer(string folder, int port, string[] settings)
    {
        (_folder, _port, _settings) = (folder, port, settings);
        _shell = Launch();
    }

    /// <summary>The folder of PostgreSQL's programs, or null: Debian's newest, or the one that has <c>initdb</c> in <c>PATH</c>.</summary>
    public static string? Programs { get; } = FindPrograms();

    /// <summary>True where a missing PostgreSQL must fail the tests instead of skipping them.</summary>
    public static bool Required => Environment.GetEnvironmentVariable("RESULTITY_CI") == "1";

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address => new(IPAddress.Loopback, _port);

    /// <summary>Starts one; it answers when the task ends.</summary>
    /// <param name="settings">Settings of the server, such as <c>fsync=on</c>. Its disk is not waited for by default, since no test cuts the power.</param>
    public static async Task<PostgresServer> StartAsync(params string[] settings)
    {
        var folder = Directory.CreateTempSubdirectory("resultity-pg-").FullName;
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111);
        await RunAsync("initdb", "-D", Path.Combine(folder, "data"), "-U", User, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync");
        var server = new PostgresServer(folder, FreePort(), settings);
        try
        {
            await server.UntilReadyAsync();
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        return server;
    }

    /// <summary>Makes an empty database.</summary>
    /// <returns>Its address, such as <c>postgres://resultity@127.0.0.1:40123/test1</c>.</returns>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"test{Interlocked.Increment(ref _databases)}";
        await QueryAsync("postgres", $"CREATE DATABASE {name}");
        return AddressOf(name);
    }

    /// <summary>The address of a database of this server.</summary>
    public string AddressOf(string database) => $"postgres://{User}@127.0.0.1:{_port}/{database}";

    /// <summary>Runs a statement through <c>psql</c>.</summary>
    /// <returns>What it printed: rows by lines, columns by <c>|</c>.</returns>
    public Task<string> QueryAsync(string database, string sql) =>
        RunAsync("psql", "-h", "127.0.0.1", "-p", $"{_port}", "-U", User, "-d", database, "-v", "ON_ERROR_STOP=1", "-AtXqc", sql);

    /// <summary>Ends it with SIGKILL, as a crash would.</summary>
    public async Task KillAsync()
    {
        using (var kill = Process.Start("kill", ["-KILL", await ServerIdAsync()])) await kill.WaitForExitAsync();
        await _shell.WaitForExitAsync();
    }

    /// <summary>Starts a killed one again on the same port with the same data.</summary>
    public async Task RestartAsync()
    {
        Relaunch();
        await UntilReadyAsync(mayWaitForOthers: true);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _shell.StandardInput.Close();
        await _shell.WaitForExitAsync();
        _shell.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private void Relaunch()
    {
        _shell.StandardInput.Close();
        _shell.Dispose();
        _shell = Launch();
    }

    private Process Launch()
    {
        string[] settings = ["fsync=off", "full_page_writes=off", "max_connections=200", .. _settings];
        string[] arguments =
        [
            .. AsServerUser(), Path.Combine(Programs!, "postgres"), "-D", Path.Combine(_folder, "data"), "-p", $"{_port}", "-c", "listen_addresses=127.0.0.1", "-k", _folder,
            .. settings.SelectMany(static setting => (string[])["-c", setting]),
        ];
        var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", UntilParentEnds, "sh", .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = "/",
        })!;
        // Read, so that a full pipe never stops it.
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    /// <param name="mayWaitForOthers">Whether processes of a killed server may still hold its memory, so that the new one has to be started again.</param>
    private async Task UntilReadyAsync(bool mayWaitForOthers = false)
    {
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < Patience)
        {
            if (_shell.HasExited && !mayWaitForOthers) throw new InvalidOperationException($"PostgreSQL ended with {_shell.ExitCode}");
            if (_shell.HasExited) Relaunch();
            using var probe = Process.Start(new ProcessStartInfo(Path.Combine(Programs!, "pg_isready"), ["-q", "-h", "127.0.0.1", "-p", $"{_port}"]))!;
            await probe.WaitForExitAsync();
            if (probe.ExitCode == 0) return;
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        throw new TimeoutException($"PostgreSQL is not ready after {Patience.TotalSeconds:0} s");
    }

    private async Task<string> ServerIdAsync() => (await File.ReadAllLinesAsync(Path.Combine(_folder, "data", "postmaster.pid")))[0].Trim();

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        string[] command = [.. AsServerUser(), Path.Combine(Programs!, program), .. arguments];
        using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? (await output).Trim() : throw new InvalidOperationException($"{program} failed: {error}");
    }

    private static string[] AsServerUser() => Environment.IsPrivilegedProcess && OperatingSystem.IsLinux() ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"] : [];

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static string? FindPrograms()
    {
        if (RuntimeInformation.IsOSPlatform(OSPlatform.Windows)) return null;
        var debian = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderByDescending(static folder => int.TryParse(Path.GetFileName(folder), out var version) ? version : 0).Select(static folder => Path.Combine(folder, "bin"))
            : [];
        return debian.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')).FirstOrDefault(static folder => File.Exists(Path.Combine(folder, "initdb")));
    }
}
