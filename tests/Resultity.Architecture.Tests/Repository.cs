using System.Reflection;

namespace Resultity.Architecture.Tests;

/// <summary>The checkout that the tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>Source files of a folder, build outputs left out, as paths relative to the root.</summary>
    public static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(Path.Combine(Root, folder), pattern, SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Root, file).Replace('\\', '/'))
            .Where(file => !file.Split('/').Any(part => part is "bin" or "obj" or "artifacts" or "node_modules"));

    public static string Read(string file) => File.ReadAllText(Path.Combine(Root, file));

    /// <summary>Our own assemblies that the executable consists of.</summary>
    public static IEnumerable<Assembly> Assemblies { get; } =
        [.. Directory.EnumerateFiles(AppContext.BaseDirectory, "*esultity*.dll")
            .Select(Path.GetFileNameWithoutExtension)
            .Where(name => name is not null && !name.Contains("Tests", StringComparison.Ordinal))
            .Select(name => Assembly.Load(name!))];

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "Resultity.slnx")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests run outside of a checkout: no Resultity.slnx above " + AppContext.BaseDirectory);
    }
}
