using Resultity.Contracts.Values;

namespace Resultity.Gateway.Auth;

/// <summary>What a client is told when its credential does not do.</summary>
internal static class AuthFaults
{
    public static Fault Missing { get; } = new(
        FaultKind.Authentication,
        "missing_api_key",
        "You didn't provide an API key. Send it in one Authorization header: 'Authorization: Bearer rk_…'.");

    public static Fault NotBearer { get; } = new(
        FaultKind.Authentication,
        "invalid_authorization_header",
        "The Authorization header is not of the form this API takes. Expected: 'Authorization: Bearer rk_…'.");

    public static Fault Unknown { get; } = new(
        FaultKind.Authentication,
        "invalid_api_key",
        "Incorrect API key provided. Keys of this API begin with 'rk_'; ask the operator of this cloud for one.");

    public static Fault Expired { get; } = new(
        FaultKind.Authentication,
        "expired_api_key",
        "This API key has expired. Ask the operator of this cloud for a new one.");

    public static Fault Lacks(RequiredScope required) => new(
        FaultKind.Permission,
        "missing_scope",
        $"This API key does not have the scope '{required.Name}', which this route needs.");
}
