using System.Text;

namespace Resultity.Node.Agent;

/// <summary>Files that hold secrets: readable by their owner alone, from the first byte on, and never half written.</summary>
internal static class PrivateFile
{
    /// <summary>Creates the file; one that exists already stays as it is.</summary>
    public static void Create(string path, string text) => Write(path, text, overwrite: false);

    /// <summary>Creates or replaces the file.</summary>
    public static void Replace(string path, string text) => Write(path, text, overwrite: true);

    private static void Write(string path, string text, bool overwrite)
    {
        var draft = $"{path}.{Path.GetRandomFileName()}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(draft, options))
        {
            file.Write(Encoding.UTF8.GetBytes(text));
            file.Flush(flushToDisk: true);
        }
        try
        {
            File.Move(draft, path, overwrite);
        }
        catch (IOException) when (!overwrite && File.Exists(path))
        {
            File.Delete(draft);
        }
    }
}
