using System.Runtime.InteropServices;
using Resultity.Cli;

var terminal = Terminal.OfProcess();
using var stop = new CancellationTokenSource();
var code = 0;

// The first signal asks; the second insists.
void Signalled(PosixSignalContext signal)
{
    signal.Cancel = true;
    if (signal.Signal == PosixSignal.SIGINT && terminal.Interrupt is { } interrupt)
    {
        interrupt();
        return;
    }

    var insisted = stop.IsCancellationRequested;
    code = signal.Signal == PosixSignal.SIGTERM ? ExitCode.Terminated : ExitCode.Interrupted;
    stop.Cancel();
    if (insisted) Environment.Exit(code);
}

using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Signalled);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Signalled);
var result = await CommandLine.RunAsync(terminal, args, stop.Token);
return result == ExitCode.Interrupted && code != 0 ? code : result;
