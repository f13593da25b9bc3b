using Resultity.Gateway.Http.Shapes;

namespace Resultity.Gateway.Tests.Kit;

/// <summary>Checks answers against the shapes that are published.</summary>
internal static class Conforms
{
    public static void To(Shape shape, ReadOnlySpan<byte> json)
    {
        var scan = new Scan(json);
        scan.Next();
        Assert.True(shape.Check(ref scan), scan.HasFailed ? scan.ToFault().Message : "");
    }
}
