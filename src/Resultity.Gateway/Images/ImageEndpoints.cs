using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Resultity.Gateway.Auth;
using Resultity.Gateway.Http.Bodies;
using Resultity.Gateway.Http.Inference;
using Resultity.Gateway.Http.OpenApi;
using Resultity.Gateway.Http.Shapes;

namespace Resultity.Gateway.Images;

/// <summary><c>POST /v1/images/generations</c>, <c>/edits</c>, <c>/variations</c> and <c>/description</c>.</summary>
internal static class ImageEndpoints
{
    private static readonly (BodyShape Body, ObjectShape Answer, string Summary)[] All =
    [
        (ImageBodies.Generation, ImageAnswers.Images, "Makes images after a text."),
        (ImageBodies.Edit, ImageAnswers.Images, "Makes images after an image and a text; a mask says which part may change."),
        (ImageBodies.Variation, ImageAnswers.Images, "Makes images that are like an image."),
        (ImageBodies.Description, ImageAnswers.Description, "Says what an image shows: as a caption, as tags, as the text in it, or as JSON."),
    ];

    /// <summary>Registers the endpoints' bodies.</summary>
    public static IServiceCollection AddImages(this IServiceCollection services)
    {
        foreach (var (body, _, _) in All)
        {
            services.AddSingleton(body);
        }

        services.AddSingleton(static provider => new ImageLinkKey(provider.GetService<Hosting.GatewayOptions>()?.DataFolder));
        services.TryAddSingleton(new RemoteImageOptions());
        services.AddSingleton<IBodyChange, RemoteImages>();
        services.AddSingleton<ImageLinks>();
        services.AddSingleton<IAnswerChange>(static provider => provider.GetRequiredService<ImageLinks>());

        return services;
    }

    /// <summary>Maps the routes.</summary>
    public static IEndpointRouteBuilder MapImages(this IEndpointRouteBuilder routes)
    {
        var handler = routes.ServiceProvider.GetRequiredService<InferenceHandler>();
        foreach (var (body, answer, summary) in All)
        {
            routes.MapPost(body.Endpoint.Path, (RequestDelegate)(context => handler.HandleAsync(context, body)))
                .RequireScope(ApiScopes.Inference)
                .Describe(new(summary) { Body = body.Root, Form = body.Form, Answer = answer, Streams = true });
        }

        var links = routes.ServiceProvider.GetRequiredService<ImageLinks>();
        routes.MapGet(ImageLinks.Path + "/{name}", (RequestDelegate)links.ServeAsync);
        return routes;
    }
}
