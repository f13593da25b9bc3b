using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Resultity.Gateway.Auth;
using Resultity.Gateway.Http.Idempotency;
using Resultity.Gateway.Http.Inference;
using Resultity.Gateway.Http.OpenApi;
using Resultity.Serving.Files;

namespace Resultity.Gateway.Files;

/// <summary><c>/v1/files</c> and <c>/v1/uploads</c>.</summary>
internal static class FileEndpoints
{
    private const string Files = "/v1/files";
    private const string Uploads = "/v1/uploads";

    /// <summary>Registers the parts. The host adds the stores.</summary>
    public static IServiceCollection AddFiles(this IServiceCollection services)
    {
        services.AddFileLibrary();
        services.AddSingleton<FileFormReader>();
        services.AddSingleton<KeyedForms>();
        services.AddSingleton<FileHandler>();
        services.AddSingleton<UploadHandler>();
        services.AddSingleton<IBodyChange, UploadedMedia>();
        return services;
    }

    /// <summary>Maps the routes.</summary>
    public static IEndpointRouteBuilder MapFiles(this IEndpointRouteBuilder routes)
    {
        var files = routes.ServiceProvider.GetRequiredService<FileHandler>();
        var uploads = routes.ServiceProvider.GetRequiredService<UploadHandler>();
        var keyed = routes.ServiceProvider.GetRequiredService<IdempotentRequests>();
        routes.MapPost(Files, (RequestDelegate)files.CreateAsync).RequireScope(ApiScopes.Inference)
            .Describe(new("Uploads a file, as a form with `file`, `purpose`, and perhaps `expires_after[anchor]` and `expires_after[seconds]`."));
        routes.MapGet(Files, (RequestDelegate)files.ListAsync).RequireScope(ApiScopes.Inference)
            .Describe(new("Lists files, the newest first; takes `purpose`, `after`, `limit` and `order`."));
        routes.MapGet($"{Files}/{{id}}", (RequestDelegate)files.GetAsync).RequireScope(ApiScopes.Inference).Describe(new("Reads what is known of a file."));
        routes.MapDelete($"{Files}/{{id}}", (RequestDelegate)files.DeleteAsync).RequireScope(ApiScopes.Inference).Describe(new("Deletes a file."));
        routes.MapGet($"{Files}/{{id}}/content", (RequestDelegate)files.ContentAsync).RequireScope(ApiScopes.Inference)
            .Describe(new("Downloads a file; takes `Range`, so that a download can be gone on with."));
        routes.MapPost(Uploads, keyed.ForJson(uploads.CreateAsync, UploadBodies.Limit)).RequireScope(ApiScopes.Inference)
            .Describe(new("Begins a file that arrives in parts.") { Body = UploadBodies.Create });
        routes.MapPost($"{Uploads}/{{id}}/parts", (RequestDelegate)uploads.AddPartAsync).RequireScope(ApiScopes.Inference)
            .Describe(new("Adds a part, as a form with `data`. Parts may come in any order and at the same time."));
        routes.MapPost($"{Uploads}/{{id}}/complete", keyed.ForJson(uploads.CompleteAsync, UploadBodies.Limit)).RequireScope(ApiScopes.Inference)
            .Describe(new("Puts the parts together, in the order given, and makes a file of them.") { Body = UploadBodies.Complete });
        routes.MapPost($"{Uploads}/{{id}}/cancel", (RequestDelegate)uploads.CancelAsync).RequireScope(ApiScopes.Inference)
            .Describe(new("Gives up a file that arrives in parts."));
        return routes;
    }
}
