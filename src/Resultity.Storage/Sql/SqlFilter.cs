using System.Text;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Sql;

/// <summary>The part of a statement from <c>WHERE</c> on, put together from constant conditions; values are always parameters.</summary>
internal sealed class SqlFilter
{
    private readonly StringBuilder _text = new();
    private string _order = "";

    /// <summary>Adds a condition, if it is to hold.</summary>
    public void AddIf(bool isWanted, string condition)
    {
        if (isWanted)
        {
            _text.Append(_text.Length == 0 ? " WHERE " : " AND ").Append(condition);
        }
    }

    /// <summary>Adds the conditions and the order of a page; the statement gets the parameters <c>@after</c> and <c>@limit</c>, one more than wanted.</summary>
    public void AddPage(string sortKey, PageQuery page)
    {
        AddIf(page.After is not null, $"{sortKey} {(page.Ascending ? '>' : '<')} @after");
        _order = $" ORDER BY {sortKey} {(page.Ascending ? "ASC" : "DESC")} LIMIT @limit";
    }

    /// <inheritdoc/>
    public override string ToString() => _text + _order;
}

/// <summary>Pages from rows.</summary>
internal static class SqlPages
{
    /// <summary>Makes a page of rows of which one more than wanted was read.</summary>
    public static Page<T> ToPage<TRow, T>(this List<TRow> rows, PageQuery page, Func<TRow, T> map) =>
        new([.. rows.Take(page.Limit).Select(map)], rows.Count > page.Limit);
}
