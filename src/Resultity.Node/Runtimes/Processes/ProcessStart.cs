using System.ComponentModel;
using System.Diagnostics;

namespace Resultity.Node.Runtimes.Processes;

/// <summary>The one place where the product starts processes.</summary>
internal static class ProcessStart
{
    /// <exception cref="ChildException">The system does not start it.</exception>
    public static Process Start(ProcessStartInfo start)
    {
        start.UseShellExecute = false;
        try
        {
#pragma warning disable RS0030 // All other code comes here, so that no process is started that nobody ends.
            return Process.Start(start)!;
#pragma warning restore RS0030
        }
        catch (Exception e) when (e is Win32Exception or IOException)
        {
            throw new ChildException($"{start.FileName} could not be started: {e.Message}", e);
        }
    }
}
