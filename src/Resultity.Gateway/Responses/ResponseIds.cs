using System.Globalization;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Responses;

/// <summary>Identifiers of responses and of their items. An item's identifier holds its response's, so that an item alone leads to where it is stored.</summary>
internal static class ResponseIds
{
    /// <summary>The prefix of a response's identifier.</summary>
    public const string Prefix = "resp_";

    private const string RequestPrefix = "req_";
    private const int BodyLength = 26;

    /// <summary>The identifier of the response that a request makes: the two differ in their prefix only, so that one leads to the other.</summary>
    public static string OfRequest(string requestId) => string.Concat(Prefix, requestId.AsSpan(RequestPrefix.Length));

    /// <summary>The identifier of the request that made a response.</summary>
    public static string RequestOf(string responseId) => string.Concat(RequestPrefix, responseId.AsSpan(Prefix.Length));

    /// <summary>Whether a string has the shape of a response's identifier.</summary>
    public static bool IsResponse(string? id) => Id.Matches(id, Prefix);

    /// <summary>The identifier of an item: a prefix that says the kind, the response's own part, and the item's number within it.</summary>
    /// <param name="prefix">Such as <c>msg_</c>.</param>
    /// <param name="responseId">The response that the item belongs to.</param>
    /// <param name="number">The item's number; input items are counted first.</param>
    public static string Item(string prefix, string responseId, int number) =>
        string.Create(CultureInfo.InvariantCulture, $"{prefix}{responseId.AsSpan(Prefix.Length)}{number:x4}");

    /// <summary>The response that an item belongs to; <see langword="null"/> if the identifier was not made here.</summary>
    public static string? ResponseOf(string itemId)
    {
        var start = itemId.IndexOf('_', StringComparison.Ordinal) + 1;
        if (start == 0 || itemId.Length < start + BodyLength + 4)
        {
            return null;
        }

        var id = string.Concat(Prefix, itemId.AsSpan(start, BodyLength));
        return IsResponse(id) ? id : null;
    }
}
