namespace Resultity.Link.Tests.Support;

/// <summary>Serves streams with a function; a few common ones are here.</summary>
internal sealed class DelegateHandler(Func<LinkIncoming, Task> serve) : ILinkHandler
{
    public static DelegateHandler Echo { get; } = new(async incoming =>
    {
        var body = await incoming.ReadBodyAsync(64 << 20);
        await incoming.RespondAsync(200, incoming.Header("content-type"), default, body.Memory);
    });

    public async ValueTask HandleAsync(LinkIncoming incoming) => await serve(incoming);
}
