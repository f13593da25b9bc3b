using System.Globalization;
using System.Text;
using Resultity.Cli;

namespace Resultity.Verbs.Images;

/// <summary>Names and writes the files of images.</summary>
internal static class ImageFile
{
    private const int LongestName = 48;

    /// <summary>Where the images go: the path that was given, numbered if there are several; else a name made of the prompt that is not taken.</summary>
    public static IEnumerable<string> Names(string? given, string prompt, string format, int count)
    {
        var extension = format == "jpeg" ? ".jpg" : "." + format;
        if (given is not null && (Directory.Exists(given) || given.EndsWith(Path.DirectorySeparatorChar)))
        {
            Directory.CreateDirectory(given);
            return Free(Path.Combine(given, Slug(prompt)), extension);
        }

        if (given is null) return Free(Slug(prompt), extension);
        if (count == 1) return [given];
        var stem = Path.Combine(Path.GetDirectoryName(given) ?? "", Path.GetFileNameWithoutExtension(given));
        return Enumerable.Range(1, count).Select(number => string.Create(CultureInfo.InvariantCulture, $"{stem}-{number}{(Path.HasExtension(given) ? Path.GetExtension(given) : extension)}"));
    }

    /// <summary>The format that a file's name stands for; <see langword="null"/> if it stands for none.</summary>
    public static string? FormatOf(string? path) => Path.GetExtension(path)?.ToLowerInvariant() switch
    {
        ".png" => "png",
        ".jpg" or ".jpeg" => "jpeg",
        ".webp" => "webp",
        _ => null,
    };

    /// <exception cref="CliException">The file cannot be read.</exception>
    public static ByteArrayContent Read(string path)
    {
        try
        {
            return new ByteArrayContent(File.ReadAllBytes(path));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCode.Usage, $"cannot read {path}: {failure.Message}");
        }
    }

    private static IEnumerable<string> Free(string stem, string extension)
    {
        for (var number = 1; ; number++)
        {
            var name = number == 1 ? stem + extension : string.Create(CultureInfo.InvariantCulture, $"{stem}-{number}{extension}");
            if (!File.Exists(name)) yield return name;
        }
    }

    private static string Slug(string prompt)
    {
        var slug = new StringBuilder();
        foreach (var character in prompt.ToLowerInvariant())
        {
            if (slug.Length == LongestName) break;
            if (char.IsAsciiLetterOrDigit(character)) slug.Append(character);
            else if (slug.Length > 0 && slug[^1] != '-') slug.Append('-');
        }

        return slug.ToString().Trim('-') is { Length: > 0 } name ? name : "image";
    }
}
