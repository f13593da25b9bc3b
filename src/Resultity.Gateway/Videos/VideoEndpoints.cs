using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Resultity.Contracts.Values;
using Resultity.Gateway.Auth;
using Resultity.Gateway.Http.Inference;
using Resultity.Gateway.Http.OpenApi;
using Resultity.Serving.Jobs;

namespace Resultity.Gateway.Videos;

/// <summary><c>/v1/videos</c>, in subclouds with the feature <c>video</c>.</summary>
internal static class VideoEndpoints
{
    private static readonly string Path = InferenceEndpoint.Videos.Path;
    private static readonly string Feature = InferenceEndpoint.Videos.Feature!;

    /// <summary>Registers the parts. The host adds the durable requests.</summary>
    public static IServiceCollection AddVideos(this IServiceCollection services)
    {
        services.AddSingleton(VideoBodies.Creation);
        services.AddSingleton(VideoBodies.Description);
        services.AddSingleton<VideoJson>();
        services.AddSingleton<VideoHandler>();
        services.AddSingleton<VideoEvents>();
        services.AddSingleton<IAnswerChange, VideoAnswer>();
        services.AddSingleton(static provider => new VideoLines(provider.GetRequiredService<JobQueue>, provider.GetRequiredService<VideoJson>()));
        services.AddSingleton<IJobKind, VideoJobKind>();
        return services;
    }

    /// <summary>Maps the routes.</summary>
    public static IEndpointRouteBuilder MapVideos(this IEndpointRouteBuilder routes)
    {
        var handler = routes.ServiceProvider.GetRequiredService<VideoHandler>();
        var inference = routes.ServiceProvider.GetRequiredService<InferenceHandler>();
        var events = routes.ServiceProvider.GetRequiredService<VideoEvents>();
        routes.MapPost(Path, (RequestDelegate)handler.CreateAsync).RequireScope(ApiScopes.Inference).RequireFeature(Feature)
            .Describe(new("Begins a video after a text, and perhaps an image that it begins with.") { Body = VideoBodies.Creation.Root, Form = VideoBodies.Creation.Form, Answer = VideoAnswers.Video });
        routes.MapPost(VideoBodies.Description.Endpoint.Path, (RequestDelegate)(context => inference.HandleAsync(context, VideoBodies.Description))).RequireScope(ApiScopes.Inference).RequireFeature(Feature)
            .Describe(new("Says what a video shows, and what is said in it.") { Body = VideoBodies.Description.Root, Form = VideoBodies.Description.Form, Answer = VideoAnswers.Description });
        routes.MapGet(Path, (RequestDelegate)handler.ListAsync).RequireScope(ApiScopes.Inference).RequireFeature(Feature)
            .Describe(new("Lists videos, the newest first; takes `after`, `limit` and `order`."));
        routes.MapGet($"{Path}/{{id}}", (RequestDelegate)handler.GetAsync).RequireScope(ApiScopes.Inference).RequireFeature(Feature)
            .Describe(new("Reads how far a video is.") { Answer = VideoAnswers.Video });
        routes.MapGet($"{Path}/{{id}}/content", (RequestDelegate)handler.ContentAsync).RequireScope(ApiScopes.Inference).RequireFeature(Feature)
            .Describe(new("Downloads a video, or with `variant=thumbnail` a frame of it; takes `Range`."));
        routes.MapGet($"{Path}/{{id}}/events", (RequestDelegate)events.FollowAsync).RequireScope(ApiScopes.Inference).RequireFeature(Feature)
            .Describe(new("Follows a video's status and progress.") { Streams = true });
        routes.MapPost($"{Path}/{{id}}/cancel", (RequestDelegate)handler.CancelAsync).RequireScope(ApiScopes.Inference).RequireFeature(Feature)
            .Describe(new("Stops the making of a video.") { Answer = VideoAnswers.Video });
        routes.MapDelete($"{Path}/{{id}}", (RequestDelegate)handler.DeleteAsync).RequireScope(ApiScopes.Inference).RequireFeature(Feature)
            .Describe(new("Deletes a video."));
        return routes;
    }
}
