using Resultity.Gateway.Http.Outgoing;
using System.Net;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Webhooks;

/// <summary>The address of a receiver, as far as it can be judged before its name is resolved.</summary>
internal static class WebhookUrl
{
    private const int Longest = 2048;

    /// <summary>What is wrong with an address; <see langword="null"/> if nothing is.</summary>
    public static Fault? Check(string? url, string param, WebhookOptions options)
    {
        if (url is null or { Length: > Longest } || !Uri.TryCreate(url, UriKind.Absolute, out var uri) || uri.UserInfo.Length > 0 || uri.Fragment.Length > 0
            || (uri.Scheme != Uri.UriSchemeHttps && !(options.AllowHttp && uri.Scheme == Uri.UriSchemeHttp)))
        {
            return Fault.Invalid($"Invalid '{param}': expected an address of at most {Longest} characters that begins with https://, without a user name or fragment, such as https://example.com/hooks.", param);
        }

        var isPrivate = IPAddress.TryParse(uri.IdnHost, out var address) ? !AddressGuard.IsPublic(address)
            : uri.IdnHost is "localhost" || uri.IdnHost.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
        return isPrivate && !options.AllowPrivateAddresses
            ? Fault.Invalid($"Invalid '{param}': the address is not one of the public internet, and this gateway's operator allows no others.", param, "address_not_allowed")
            : null;
    }
}
