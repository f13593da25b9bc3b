namespace Resultity.Client;

/// <summary>Where Resultity keeps what must survive, unless it is told otherwise.</summary>
internal static class DataFolder
{
    /// <summary><c>RESULTITY_DATA</c>, or a folder in the user's profile (<c>~/.local/share/resultity</c>, <c>%LOCALAPPDATA%\resultity</c>).</summary>
    public static string Default(Func<string, string?> variable)
    {
        if (variable("RESULTITY_DATA") is { Length: > 0 } named) return Path.GetFullPath(named);
        var profile = Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return Path.Combine(profile.Length > 0 ? profile : Path.GetTempPath(), "resultity");
    }
}
