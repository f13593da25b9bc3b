using System.Diagnostics;
using Xunit;

namespace Resultity.EndToEnd.Tests.Storage;

/// <summary>A file system of its own of a few megabytes.</summary>
internal sealed class SmallDisk : IDisposable
{
    private SmallDisk(string folder) => Folder = folder;

    public string Folder { get; }

    private string Ballast => Path.Combine(Folder, "ballast");

    /// <summary>Makes one. Skips the test, visibly, where that takes rights that the user does not have.</summary>
    public static SmallDisk Make(int megabytes)
    {
        var disk = new SmallDisk(Directory.CreateTempSubdirectory("resultity-disk-").FullName);
        if (Run("mount", "-t", "tmpfs", "-o", $"size={megabytes}m", "tmpfs", disk.Folder))
        {
            return disk;
        }

        Directory.Delete(disk.Folder);
        Assert.SkipUnless(Environment.GetEnvironmentVariable("RESULTITY_CI") == "1", "a file system cannot be mounted here; root can. RESULTITY_CI=1 makes this a failure.");
        throw new InvalidOperationException("A file system cannot be mounted here.");
    }

    /// <summary>Fills it to the last byte.</summary>
    public void Fill()
    {
        using var file = new FileStream(Ballast, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var block = new byte[64 * 1024];
        for (var size = block.Length; size > 0; size /= 2)
        {
            try
            {
                while (true)
                {
                    file.Write(block, 0, size);
                }
            }
            catch (IOException)
            {
                // So much does not fit any more; perhaps half of it does.
            }
        }
    }

    /// <summary>Gives the space back.</summary>
    public void Free() => File.Delete(Ballast);

    public void Dispose()
    {
        Run("umount", "-l", Folder);
        Directory.Delete(Folder);
    }

    private static bool Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
            process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
