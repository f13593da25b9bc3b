using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Resultity.Serving.Files;

/// <summary>Registers clients' files.</summary>
/// <remarks>The host adds the stores.</remarks>
public static class FileRegistration
{
    /// <summary>Adds the parts as singletons; rules that the host has registered as an instance are used.</summary>
    public static IServiceCollection AddFileLibrary(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<FileRules>();
        services.TryAddSingleton<FileLibrary>();
        services.TryAddSingleton<FileUploads>();
        return services;
    }
}
