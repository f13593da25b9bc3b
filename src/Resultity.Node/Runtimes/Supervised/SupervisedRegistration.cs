using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Resultity.Node.Runtimes.Processes;

namespace Resultity.Node.Runtimes.Supervised;

/// <summary>Adds models with server programs of their own to a node.</summary>
public static class SupervisedRegistration
{
    /// <summary>Serves the models; call once. Needs a <see cref="ChildHost"/>, which the node brings.</summary>
    public static IServiceCollection AddSupervisedRuntime(this IServiceCollection services, SupervisedOptions options) =>
        services.AddSingleton<IRuntime>(provider => new SupervisedRuntime(
            options, provider.GetRequiredService<ChildHost>(), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<SupervisedRuntime>>()));
}
