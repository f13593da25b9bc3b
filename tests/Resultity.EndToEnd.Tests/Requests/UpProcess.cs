using System.Diagnostics;
using Resultity.TestKit.Processes;

namespace Resultity.EndToEnd.Tests.Requests;

/// <summary>A running <c>resultity up</c> in front of an upstream, to be killed.</summary>
internal sealed class UpProcess : IDisposable
{
    private readonly Process _process;

    private UpProcess(Process process, Uri address)
    {
        _process = process;
        Address = address;
    }

    /// <summary>Its address, without <c>/v1</c>.</summary>
    public Uri Address { get; }

    /// <summary>Starts one; it is ready when the task ends.</summary>
    public static async Task<UpProcess> StartAsync(string data, string apiKey, Uri upstream, CancellationToken cancellation)
    {
        var start = BuiltProgram.StartInfo(
            BuiltProgram.Find("Resultity", "resultity"), "up", "--port", "0", "--data", data, "--builtin", "never", "--openai", $"{upstream},slots=8");
        start.Environment["RESULTITY_API_KEY"] = apiKey;
        var process = Process.Start(start)!;
        while (await process.StandardOutput.ReadLineAsync(cancellation) is { } line)
        {
            if (line.Split(' ').FirstOrDefault(static word => word.StartsWith("http://", StringComparison.Ordinal)) is { } url)
            {
                _ = process.StandardOutput.ReadToEndAsync(CancellationToken.None);
                _ = process.StandardError.ReadToEndAsync(CancellationToken.None);
                return new UpProcess(process, new Uri(url[..^"/v1".Length]));
            }
        }

        throw new InvalidOperationException($"resultity up did not start: {await process.StandardError.ReadToEndAsync(cancellation)}");
    }

    /// <summary>Ends it as a power cut of the process would: no handler of it runs.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Asks it to end, and waits until it has.</summary>
    public async Task StopAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        await kill.WaitForExitAsync();
        await _process.WaitForExitAsync();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }
}
