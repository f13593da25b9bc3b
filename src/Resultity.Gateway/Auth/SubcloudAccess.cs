using Resultity.Contracts.Values;
using Resultity.Gateway.Http;
using Resultity.Serving.Admission;
using Resultity.Serving.Subclouds;

namespace Resultity.Gateway.Auth;

/// <summary>Which cloud a key opens: a bound key its own subcloud and nothing else, any other key the main cloud and public subclouds.</summary>
internal sealed class SubcloudAccess(SubcloudDirectory subclouds)
{
    /// <summary>The caller in the cloud that was asked for.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="subcloud">The subcloud in the URL; <see langword="null"/> means the main cloud.</param>
    /// <returns>The caller there, or why not. "Does not exist" and "not yours" read the same.</returns>
    public Outcome<Caller> Enter(Caller caller, string? subcloud)
    {
        if (subcloud is null)
        {
            return caller.Subcloud is null ? caller : new Fault(
                FaultKind.Permission,
                "subcloud_key",
                $"This API key is good only for the subcloud '{caller.Subcloud}'. Use the base URL {SubcloudPath.Prefix}/{caller.Subcloud}/v1.");
        }

        return subclouds.Find(subcloud) is { } found && (caller.Subcloud == subcloud || (caller.Subcloud is null && found.IsPublic))
            ? caller.In(subcloud)
            : Fault.NotFound($"The subcloud '{subcloud}' does not exist or you do not have access to it.", "subcloud_not_found");
    }

    /// <summary>Whether a feature is on where the caller asks.</summary>
    /// <returns><see langword="null"/> if it is; else a fault that says where the caller finds it.</returns>
    public Fault? Lacks(Caller caller, string feature)
    {
        if (caller.Subcloud is { } own && subclouds.Find(own)?.Features.Contains(feature) == true)
        {
            return null;
        }

        var elsewhere = caller.Subcloud is not null ? [] : subclouds.All
            .Where(subcloud => subcloud.IsPublic && subcloud.Features.Contains(feature))
            .Select(static subcloud => $"{SubcloudPath.Prefix}/{subcloud.Name}/v1")
            .Order(StringComparer.Ordinal)
            .Take(10)
            .ToList();
        return new Fault(
            FaultKind.Permission,
            "endpoint_not_available",
            $"This endpoint is available only in subclouds with the feature '{feature}'. "
                + (elsewhere.Count > 0 ? $"Your key can use it under {string.Join(", ", elsewhere)}." : "Ask the operator of this cloud for a key to one."))
        {
            ShouldRetry = false,
        };
    }
}
