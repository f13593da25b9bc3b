using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Responses;

/// <summary>Which part of a response's input items is wanted.</summary>
/// <param name="After">The item that the page begins behind.</param>
/// <param name="Before">The item that the page ends in front of.</param>
/// <param name="Limit">The most items wanted.</param>
/// <param name="Ascending">Oldest first.</param>
internal readonly record struct InputItemPage(string? After, string? Before, int Limit, bool Ascending)
{
    private const int DefaultLimit = 20;
    private const int MostItems = 100;

    /// <summary>Reads <c>after</c>, <c>before</c>, <c>limit</c> and <c>order</c>. What <c>include</c> may ask for is in the items anyway.</summary>
    public static Outcome<InputItemPage> Read(IQueryCollection query)
    {
        var limit = DefaultLimit;
        if (query["limit"] is [{ } text] && (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit is < 1 or > MostItems))
        {
            return Fault.Invalid($"Invalid 'limit': expected an integer from 1 to {MostItems}.", "limit");
        }

        var order = query["order"] is [{ } given] ? given : "desc";
        return order is "asc" or "desc"
            ? new InputItemPage(IdOf(query, "after"), IdOf(query, "before"), limit, order == "asc")
            : FieldReader.Unsupported("order", order, "asc", "desc");
    }

    /// <summary>Makes the list object.</summary>
    public Outcome<ReadOnlyMemory<byte>> Take(JsonElement all)
    {
        var items = all.EnumerateArray().ToList();
        if (!Ascending)
        {
            items.Reverse();
        }

        var start = 0;
        if (After is { } after)
        {
            start = items.FindIndex(item => item.Text("id") == after) + 1;
            if (start == 0)
            {
                return ResponseFaults.ItemNotFound(after, "after");
            }
        }

        var end = items.Count;
        if (Before is { } before)
        {
            end = items.FindIndex(item => item.Text("id") == before);
            if (end < 0)
            {
                return ResponseFaults.ItemNotFound(before, "before");
            }
        }

        var count = Math.Max(0, Math.Min(Limit, end - start));
        return Write(items.GetRange(start, count), start + count < end);
    }

    private static string? IdOf(IQueryCollection query, string name) => query[name] is [{ Length: > 0 } id] ? id : null;

    private static ReadOnlyMemory<byte> Write(List<JsonElement> items, bool hasMore)
    {
        var bytes = new ArrayBufferWriter<byte>(1024);
        using var writer = new Utf8JsonWriter(bytes, ResponseJson.WriterOptions);
        writer.WriteStartObject();
        writer.WriteString("object"u8, "list"u8);
        writer.WriteItems("data", items);
        writer.WriteString("first_id"u8, items.Count > 0 ? items[0].Text("id") : null);
        writer.WriteString("last_id"u8, items.Count > 0 ? items[^1].Text("id") : null);
        writer.WriteBoolean("has_more"u8, hasMore);
        writer.WriteEndObject();
        writer.Flush();
        return bytes.WrittenMemory;
    }
}
