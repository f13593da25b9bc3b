namespace Resultity.Serving.Stores;

/// <summary>Which part of a list is wanted.</summary>
/// <param name="After">The identifier that the page begins behind; <see langword="null"/> begins at the list's start. It need not exist any more.</param>
/// <param name="Limit">The most items wanted.</param>
/// <param name="Ascending">Oldest first; otherwise newest first.</param>
public readonly record struct PageQuery(string? After, int Limit, bool Ascending = false);

/// <summary>A part of a list.</summary>
/// <param name="Items">The items in the order asked for.</param>
/// <param name="HasMore">Whether items follow behind the last one.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, bool HasMore);
