namespace Resultity.Serving.Catalog;

/// <summary>Names that the operator gives to models.</summary>
public sealed class CatalogOptions
{
    /// <summary>Alias to model.</summary>
    public Dictionary<string, string> Aliases { get; } = new(StringComparer.Ordinal);
}
