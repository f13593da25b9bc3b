namespace Resultity.Link;

/// <summary>One header or trailer: a lower-case ASCII token and a value without control characters.</summary>
/// <param name="Name">1 to 64 characters of <c>a-z 0-9 - _ .</c></param>
/// <param name="Value">At most 8,192 UTF-8 bytes.</param>
public readonly record struct LinkHeader(string Name, string Value)
{
    /// <summary>The first value of <paramref name="name"/> (lower case) in <paramref name="headers"/>, or null.</summary>
    public static string? Find(ReadOnlySpan<LinkHeader> headers, string name)
    {
        foreach (ref readonly var header in headers)
            if (string.Equals(header.Name, name, StringComparison.Ordinal))
                return header.Value;
        return null;
    }
}
