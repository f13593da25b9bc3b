namespace Resultity.Serving.Subclouds;

/// <summary>A namespace inside a subcloud: <c>team@lab</c>. Requests, files, batches and usage of a subcloud are thereby apart from all others.</summary>
public static class SubcloudNamespace
{
    /// <summary>Stands between a namespace and a subcloud; namespaces that operators make do not contain it.</summary>
    public const char Mark = '@';

    /// <summary>The name of a namespace in a subcloud, or in the main cloud where <paramref name="subcloud"/> is <see langword="null"/>.</summary>
    public static string Of(string @namespace, string? subcloud) => subcloud is null ? @namespace : $"{@namespace}{Mark}{subcloud}";

    /// <summary>A namespace without its subcloud.</summary>
    public static string Plain(string @namespace)
    {
        ArgumentNullException.ThrowIfNull(@namespace);
        var mark = @namespace.LastIndexOf(Mark);
        return mark < 0 ? @namespace : @namespace[..mark];
    }

    /// <summary>The subcloud that a namespace is in; <see langword="null"/> means the main cloud.</summary>
    public static string? SubcloudOf(string @namespace)
    {
        ArgumentNullException.ThrowIfNull(@namespace);
        var mark = @namespace.LastIndexOf(Mark);
        return mark < 0 ? null : @namespace[(mark + 1)..];
    }
}
