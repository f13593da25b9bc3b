using System.Text.RegularExpressions;
using Xunit;

namespace Resultity.Architecture.Tests;

public sealed partial class DocumentTests
{
    public static TheoryData<string> Documents =>
        [.. Repository.Files("docs", "*.md").Concat(Directory.EnumerateFiles(Repository.Root, "*.md").Select(file => Path.GetFileName(file)))];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Links_lead_to_files_that_exist(string document)
    {
        var folder = Path.GetDirectoryName(document)!;
        var dead = Link().Matches(Repository.Read(document))
            .Select(match => match.Groups[1].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal) && !target.StartsWith('#'))
            .Select(target => target.Split('#')[0])
            .Where(target => !Path.Exists(Path.Combine(Repository.Root, folder, target)));

        Assert.Empty(dead);
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Source_paths_that_a_document_names_exist(string document)
    {
        var dead = SourcePath().Matches(Repository.Read(document))
            .Select(match => match.Groups[1].Value.TrimEnd('/', '.'))
            .Where(path => !path.Contains('*') && !path.Contains('{') && !path.Contains('<'))
            .Where(path => !Path.Exists(Path.Combine(Repository.Root, path)));

        Assert.Empty(dead);
    }

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`((?:src|tests|bench|docs|eng|models)/[^`\s]+)`")]
    private static partial Regex SourcePath();
}
