using System.Globalization;
using Microsoft.AspNetCore.Http;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http;
using Resultity.Serving.Jobs;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Requests;

/// <summary>The query parameters of <c>/v1/requests</c>.</summary>
internal static class RequestQuery
{
    private const int DefaultLimit = 20;
    private const int LongestText = 256;

    /// <summary>How long to wait for the end: <c>wait</c>, in whole seconds; more than a minute counts as a minute.</summary>
    public static Outcome<TimeSpan> Wait(IQueryCollection query)
    {
        if (!query.TryGetValue("wait", out var given))
        {
            return TimeSpan.Zero;
        }

        return int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
            ? TimeSpan.FromSeconds(Math.Min(seconds, PreferWait.Longest))
            : Fault.Invalid("Invalid 'wait': expected whole seconds from 0 to 60.", "wait");
    }

    /// <summary>Which requests are wanted.</summary>
    public static Outcome<JobFilter> Filter(IQueryCollection query, string @namespace)
    {
        var limit = DefaultLimit;
        if (query.TryGetValue("limit", out var given) && (!int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > 100))
        {
            return Fault.Invalid("Invalid 'limit': expected a whole number from 1 to 100.", "limit");
        }

        if (query["order"] is not ([] or ["asc"] or ["desc"]))
        {
            return Fault.Invalid("Invalid 'order': expected 'asc' or 'desc'.", "order");
        }

        if (query["after"] is not ([] or [{ Length: > 26 and <= LongestText }]))
        {
            return Fault.Invalid("Invalid 'after': expected the identifier of a request, such as the 'last_id' of the page before.", "after");
        }

        JobStatus? wanted = null;
        if (query.TryGetValue("status", out var status))
        {
            if (!JobStatusNames.TryParse(status, out var parsed))
            {
                return Fault.Invalid($"Invalid 'status'. Supported values are: {string.Join(", ", Enum.GetValues<JobStatus>().Select(static one => $"'{one.Name()}'"))}.", "status");
            }

            wanted = parsed;
        }

        foreach (var name in (ReadOnlySpan<string>)["endpoint", "model"])
        {
            if (query[name] is not ([] or [{ Length: > 0 and <= LongestText }]))
            {
                return Fault.Invalid($"Invalid '{name}': expected one text of at most {LongestText} characters.", name);
            }
        }

        return new JobFilter(@namespace, new PageQuery(query["after"], limit, query["order"] == "asc"))
        {
            Status = wanted,
            Endpoint = query["endpoint"],
            Model = query["model"],
        };
    }
}
