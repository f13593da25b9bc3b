using System.Globalization;
using System.Net;
using Resultity.EndToEnd.Tests.Processes;
using Xunit;

namespace Resultity.EndToEnd.Tests.Images;

/// <summary>What large uploads cost the gateway.</summary>
public sealed class UploadMemoryTests
{
    private const int ImageBytes = 50 << 20;

    [Fact]
    public async Task Uploads_of_100_megabytes_leave_the_gateways_memory_flat()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The memory of another process is read from /proc.");
        await using var installation = await Installation.StartAsync("gateway");
        var path = Path.Combine(installation.Folder, "large.png");
        await using (var file = File.Create(path)) file.SetLength(ImageBytes);

        // The first one warms the code up.
        await UploadAsync(installation, path);
        var before = Anonymous(installation.Gateway.Id);
        for (var round = 0; round < 3; round++) await UploadAsync(installation, path);
        var grown = Anonymous(installation.Gateway.Id) - before;
        TestContext.Current.TestOutputHelper?.WriteLine($"anonymous memory before {before >> 20} MB, grown by {grown >> 10} KB");
        Assert.InRange(grown, long.MinValue, 48L << 20);
    }

    private static async Task UploadAsync(Installation installation, string path)
    {
        await using var one = File.OpenRead(path);
        await using var two = File.OpenRead(path);
        using var form = new MultipartFormDataContent
        {
            { new StringContent("nobody-serves-this"), "model" }, { new StringContent("x"), "prompt" },
            { new StreamContent(one), "image[]", "a.png" }, { new StreamContent(two), "image[]", "b.png" },
        };
        using var response = await installation.Http.PostAsync("v1/images/edits", form, TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    private static long Anonymous(int process)
    {
        var line = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/status")).Single(static line => line.StartsWith("RssAnon:", StringComparison.Ordinal));
        return long.Parse(line.AsSpan("RssAnon:".Length).Trim().ToString().Split(' ')[0], CultureInfo.InvariantCulture) * 1024;
    }
}
