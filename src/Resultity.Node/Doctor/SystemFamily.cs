namespace Resultity.Node.Doctor;

/// <summary>Systems that get their programs in the same way.</summary>
internal enum SystemFamily
{
    Debian,
    Ubuntu,
    Fedora,
    Arch,
    OtherLinux,
    MacOs,
    Windows,
}

/// <summary>Which family this system is of, and what it is called.</summary>
internal static class SystemFamilies
{
    private const string ReleaseFile = "/etc/os-release";

    public static (SystemFamily Family, string Name) OfThis()
    {
        if (OperatingSystem.IsWindows()) return (SystemFamily.Windows, Environment.OSVersion.VersionString);
        if (OperatingSystem.IsMacOS()) return (SystemFamily.MacOs, "macOS " + Environment.OSVersion.Version);
        try
        {
            return Parse(File.ReadLines(ReleaseFile));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (SystemFamily.OtherLinux, Environment.OSVersion.VersionString);
        }
    }

    /// <summary>Reads <c>/etc/os-release</c>: its own name first, then the names of what it is like.</summary>
    internal static (SystemFamily Family, string Name) Parse(IEnumerable<string> lines)
    {
        var values = lines.Select(static line => line.Split('=', 2)).Where(static pair => pair.Length == 2)
            .GroupBy(static pair => pair[0]).ToDictionary(static pair => pair.Key, static pair => pair.First()[1].Trim('"', '\''));
        var names = $"{values.GetValueOrDefault("ID")} {values.GetValueOrDefault("ID_LIKE")}".Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var family = names.Select(static name => name switch
        {
            "ubuntu" => SystemFamily.Ubuntu,
            "debian" => SystemFamily.Debian,
            "fedora" or "rhel" or "centos" => SystemFamily.Fedora,
            "arch" => SystemFamily.Arch,
            _ => SystemFamily.OtherLinux,
        }).FirstOrDefault(static family => family != SystemFamily.OtherLinux, SystemFamily.OtherLinux);
        return (family, values.GetValueOrDefault("PRETTY_NAME") ?? values.GetValueOrDefault("NAME") ?? "Linux");
    }
}
