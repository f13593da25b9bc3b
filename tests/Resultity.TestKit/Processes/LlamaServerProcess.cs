using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;

namespace Resultity.TestKit.Processes;

/// <summary>A real llama-server with a small model, on a port of its own. Killed with the test.</summary>
public sealed class LlamaServerProcess : IAsyncDisposable
{
    /// <summary>The name it serves its model under.</summary>
    public const string Model = "tiny";

    // Below the ports that systems give to clients, so that a connection of another test does not hold it when it is started again.
    private const int FirstPort = 20_000;
    private const int LastPort = 32_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly string[] _arguments;
    private readonly HttpClient _client;
    private Process _process;

    private LlamaServerProcess(int port, string model, string[] options)
    {
        _arguments = ["-m", model, "--alias", Model, "--host", "127.0.0.1", "--port", $"{port}", "-t", "1", "--slots", .. options];
        Address = new Uri($"http://127.0.0.1:{port}/");
        _client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Address };
        _process = Launch();
    }

    /// <summary>Where llama-server is, or null: the variable <c>RESULTITY_ENGINES</c> names a folder made by <c>eng/provision-engines.sh</c>.</summary>
    public static string? Program =>
        Environment.GetEnvironmentVariable("RESULTITY_ENGINES") is { Length: > 0 } engines && Path.Combine(engines, "bin", "llama-server") is var path && File.Exists(path) ? path : null;

    /// <summary>True where a missing llama-server must fail the tests instead of skipping them.</summary>
    public static bool Required => Environment.GetEnvironmentVariable("RESULTITY_CI") == "1";

    /// <summary>Where it listens, with a final slash; OpenAI's paths are below <c>v1/</c>.</summary>
    public Uri Address { get; }

    /// <summary>A client of it, without any gateway between.</summary>
    public HttpClient Http => _client;

    /// <summary>Starts one; it answers requests when the task ends.</summary>
    /// <param name="model">The GGUF file.</param>
    /// <param name="options">Command-line options beside those that every test needs.</param>
    public static async Task<LlamaServerProcess> StartAsync(string model, params string[] options)
    {
        var server = new LlamaServerProcess(FreePort(), model, options);
        try
        {
            await server.UntilHealthyAsync();
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        return server;
    }

    /// <summary>Ends it with SIGKILL: nothing of it runs on, no connection is closed in good order.</summary>
    public async Task KillAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
    }

    /// <summary>Starts a killed one again on the same port.</summary>
    public async Task RestartAsync()
    {
        _process.Dispose();
        _process = Launch();
        await UntilHealthyAsync();
    }

    /// <summary>How many requests it computes now.</summary>
    public async Task<int> BusySlotsAsync()
    {
        await using var json = await _client.GetStreamAsync(new Uri("slots", UriKind.Relative));
        using var slots = await JsonDocument.ParseAsync(json);
        return slots.RootElement.EnumerateArray().Count(static slot => slot.GetProperty("is_processing").GetBoolean());
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) await KillAsync();
        _process.Dispose();
        _client.Dispose();
    }

    private static int FreePort()
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(FirstPort, LastPort);
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                return port;
            }
            catch (SocketException)
            {
                // Taken: the next one.
            }
        }
    }

    private Process Launch()
    {
        var start = new ProcessStartInfo(Program!, _arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        // Its handler of crashes attaches a debugger, which takes seconds where there is one.
        start.Environment["GGML_NO_BACKTRACE"] = "1";
        var process = Process.Start(start)!;
        // Read, so that a full pipe never stops it.
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private async Task UntilHealthyAsync()
    {
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < Patience)
        {
            if (_process.HasExited) throw new InvalidOperationException($"llama-server ended with {_process.ExitCode}: {string.Join(' ', _arguments)}");
            try
            {
                using var answer = await _client.GetAsync(new Uri("health", UriKind.Relative));
                if (answer.StatusCode == HttpStatusCode.OK) return;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }

        throw new TimeoutException($"llama-server is not healthy after {Patience.TotalSeconds:0} s");
    }
}
