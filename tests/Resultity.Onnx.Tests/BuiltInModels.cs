namespace Resultity.Onnx.Tests;

/// <summary>The repository's models.</summary>
internal static class BuiltInModels
{
    public static string Folder { get; } = Find();
    public static string Chat => Path.Combine(Folder, "resultity-mini-chat");
    public static string Embed => Path.Combine(Folder, "resultity-mini-embed");

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "Resultity.slnx"))) return Path.Combine(folder.FullName, "models");
        throw new InvalidOperationException("The tests run inside the repository.");
    }
}
