namespace Resultity.Onnx.Tests.Tokenizers;

/// <summary>Where the models of the repository lie, seen from the tests' output folder.</summary>
internal static class BuiltInModels
{
    public static string Chat { get; } = Folder("resultity-mini-chat");

    public static string Embed { get; } = Folder("resultity-mini-embed");

    private static string Folder(string name)
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
            if (File.Exists(Path.Combine(at.FullName, "Resultity.slnx"))) return Path.Combine(at.FullName, "models", name);
        throw new DirectoryNotFoundException("the tests run outside the repository");
    }
}
