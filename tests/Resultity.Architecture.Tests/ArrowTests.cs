using System.Xml.Linq;
using Xunit;

namespace Resultity.Architecture.Tests;

public sealed class ArrowTests
{
    /// <summary>Which project may know which. A project that is not here may know nothing of ours.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Resultity.Serving"] = ["Contracts"],
        ["Resultity.Link"] = ["Contracts"],
        ["Resultity.Storage"] = ["Serving", "Contracts"],
        ["Resultity.Node"] = ["Link", "Onnx", "Contracts"],
        ["Resultity.Gateway"] = ["Serving", "Link", "Storage", "Contracts"],
        ["Resultity"] = ["Gateway", "Node", "Serving", "Link", "Storage", "Onnx", "Contracts"],
    };

    public static TheoryData<string> Projects => [.. Repository.Files("src", "*.csproj")];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_knows_only_those_that_the_architecture_lets_it_know(string project)
    {
        var allowed = Allowed.GetValueOrDefault(Path.GetFileNameWithoutExtension(project), []);
        var known = XDocument.Parse(Repository.Read(project)).Descendants("ProjectReference")
            .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value).Replace("Resultity.", "", StringComparison.Ordinal));

        Assert.All(known, name => Assert.Contains(name, allowed));
    }

    [Theory]
    [InlineData("src/Resultity.Serving", "Microsoft.AspNetCore")]
    [InlineData("src/Resultity.Serving", "Dapper")]
    [InlineData("src/Resultity.Serving", "System.Net.Sockets")]
    [InlineData("src/Resultity.Contracts", "Microsoft.AspNetCore")]
    [InlineData("src/Resultity.Onnx", "Microsoft.AspNetCore")]
    public void What_decides_sees_no_sockets_and_no_rows(string folder, string forbidden) =>
        Assert.DoesNotContain(Repository.Files(folder, "*.cs"), file => Repository.Read(file).Contains("using " + forbidden, StringComparison.Ordinal));

    [Fact]
    public void Endpoint_families_of_the_gateway_never_reference_each_other()
    {
        string[] slices = ["Chat", "Completions", "Embeddings", "Responses", "Models", "Files", "Batches", "Admin"];
        foreach (var slice in slices)
        {
            foreach (var file in Repository.Files("src/Resultity.Gateway", "*.cs").Where(file => file.StartsWith($"src/Resultity.Gateway/{slice}/", StringComparison.Ordinal)))
            {
                var text = Repository.Read(file);
                Assert.All(slices.Where(other => other != slice), other =>
                    Assert.DoesNotContain($"using Resultity.Gateway.{other};", text, StringComparison.Ordinal));
            }
        }
    }
}
