using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Xunit;

namespace Resultity.Architecture.Tests;

public sealed partial class ShapeTests
{
    private static readonly string[] VagueWords =
        ["Manager", "Helper", "Util", "Utils", "Utilities", "Common", "Processor", "Wrapper", "Impl", "Info"];

    [Fact]
    public void No_source_file_is_longer_than_400_lines_and_no_test_file_longer_than_600()
    {
        var tooLong = Repository.Files("src", "*.cs").Select(file => (file, Limit: 400))
            .Concat(Repository.Files("tests", "*.cs").Select(file => (file, Limit: 600)))
            .Select(entry => (entry.file, entry.Limit, Lines: Repository.Read(entry.file).Count(c => c == '\n')))
            .Where(entry => entry.Lines > entry.Limit)
            .Select(entry => $"{entry.file}: {entry.Lines} lines");

        Assert.Empty(tooLong);
    }

    [Fact]
    public void Classes_are_sealed_unless_something_derives_from_them()
    {
        var types = Repository.Assemblies.SelectMany(assembly => assembly.GetTypes()).Where(IsWrittenByUs).ToArray();
        var bases = types.Select(type => type.BaseType is { IsGenericType: true } generic ? generic.GetGenericTypeDefinition() : type.BaseType).ToHashSet();

        var open = types.Where(type => type is { IsClass: true, IsSealed: false, IsAbstract: false } && !bases.Contains(type)).Select(type => type.FullName);

        Assert.Empty(open);
    }

    [Fact]
    public void Names_say_what_a_type_is()
    {
        var vague = Repository.Assemblies.SelectMany(assembly => assembly.GetTypes()).Where(IsWrittenByUs)
            .Where(type => VagueWords.Any(word => type.Name.EndsWith(word, StringComparison.Ordinal)))
            .Select(type => type.FullName);

        Assert.Empty(vague);
    }

    [Fact]
    public void Logging_is_source_generated()
    {
        var adHoc = Repository.Files("src", "*.cs").Where(file => AdHocLog().IsMatch(Repository.Read(file)));

        Assert.Empty(adHoc);
    }

    [Fact]
    public void Nothing_promises_work_that_is_not_done()
    {
        var unfinished = Repository.Files("src", "*.cs").Where(file => Promise().IsMatch(Repository.Read(file)));

        Assert.Empty(unfinished);
    }

    private static bool IsWrittenByUs(Type type) =>
        type.GetCustomAttribute<CompilerGeneratedAttribute>() is null
        && type.DeclaringType is null
        && !type.Name.StartsWith('<')
        && type.Namespace?.StartsWith("Resultity", StringComparison.Ordinal) == true
        && type.GetCustomAttributes().All(attribute => attribute.GetType().Name != "GeneratedCodeAttribute");

    [GeneratedRegex(@"\.Log(Trace|Debug|Information|Warning|Error|Critical)\(")]
    private static partial Regex AdHocLog();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX)\b|NotImplementedException")]
    private static partial Regex Promise();
}
