using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Resultity.Node.Runtimes.OpenAi;

/// <summary>Adds servers that speak OpenAI's protocol to a node.</summary>
public static class OpenAiRegistration
{
    /// <summary>Serves one such server; call once for each.</summary>
    public static IServiceCollection AddOpenAiRuntime(this IServiceCollection services, OpenAiRuntimeOptions options) =>
        services.AddSingleton<IRuntime>(provider =>
            new OpenAiRuntime(options, provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<OpenAiRuntime>>()));
}
