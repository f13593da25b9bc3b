using System.Globalization;
using Microsoft.AspNetCore.Http;
using Resultity.Contracts.Values;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Http;

/// <summary>The query parameters that every list takes: <c>after</c>, <c>limit</c> and <c>order</c>.</summary>
internal static class PageParameters
{
    /// <summary>Reads them.</summary>
    /// <param name="query">The request's query.</param>
    /// <param name="prefix">The prefix of the identifiers in the list.</param>
    /// <param name="limit">How many items are meant when nobody says.</param>
    /// <param name="most">How many may be asked for.</param>
    public static Outcome<PageQuery> Read(IQueryCollection query, string prefix, int limit, int most)
    {
        if (query.TryGetValue("limit", out var given) && (!int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit < 1 || limit > most))
        {
            return Fault.Invalid(string.Create(CultureInfo.InvariantCulture, $"Invalid 'limit': expected a whole number from 1 to {most}."), "limit");
        }

        if (query["order"] is not ([] or ["asc"] or ["desc"]))
        {
            return Fault.Invalid("Invalid 'order': expected 'asc' or 'desc'.", "order");
        }

        if (query["after"] is not [] and var after && (after is not [{ } id] || !Id.Matches(id, prefix)))
        {
            return Fault.Invalid($"Invalid 'after': expected an identifier that begins with '{prefix}', such as the 'last_id' of the page before.", "after");
        }

        return new PageQuery(query["after"], limit, query["order"] == "asc");
    }
}
