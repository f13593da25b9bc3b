using System.Text;

namespace Resultity.Link.Tests.Support;

internal static class Reading
{
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(20);

    public static async Task<(byte[] Body, LinkFault? Fault)> ReadAllAsync(this LinkStream stream)
    {
        var body = new MemoryStream();
        while (true)
        {
            var read = await stream.ReadAsync().AsTask().WaitAsync(Patience);
            body.Write(read.Memory.Span);
            if (read.Ended || read.Fault is not null)
                return (body.ToArray(), read.Fault);
        }
    }

    public static async Task<string> ReadTextAsync(this LinkStream stream)
    {
        var (body, fault) = await stream.ReadAllAsync();
        Assert.Null(fault);
        return Encoding.UTF8.GetString(body);
    }

    public static LinkRequest Post(string path, string body = "", params LinkHeader[] headers) =>
        new() { Path = path, Body = Encoding.UTF8.GetBytes(body), Headers = headers };
}
