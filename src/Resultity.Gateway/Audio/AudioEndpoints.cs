using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Resultity.Gateway.Auth;
using Resultity.Gateway.Http.Bodies;
using Resultity.Gateway.Http.Inference;
using Resultity.Gateway.Http.OpenApi;
using Resultity.Serving.Catalog;

namespace Resultity.Gateway.Audio;

/// <summary><c>POST /v1/audio/transcriptions</c>, <c>/translations</c>, <c>/speech</c>, and <c>GET /v1/audio/voices</c>.</summary>
internal static class AudioEndpoints
{
    /// <summary>Registers the endpoints' bodies.</summary>
    public static IServiceCollection AddAudio(this IServiceCollection services) =>
        services.AddSingleton(AudioBodies.Transcription).AddSingleton(AudioBodies.Translation).AddSingleton(AudioBodies.Speech);

    /// <summary>Maps the routes.</summary>
    public static IEndpointRouteBuilder MapAudio(this IEndpointRouteBuilder routes)
    {
        var transcription = new ApiOperation("Writes down what is said in a sound.") { Body = AudioBodies.Transcription.Root, Form = AudioBodies.Transcription.Form, Answer = AudioAnswers.Transcript, Streams = true };
        var translation = new ApiOperation("Writes down in English what is said in a sound.") { Body = AudioBodies.Translation.Root, Form = AudioBodies.Translation.Form, Answer = AudioAnswers.Transcript, Streams = true };
        Map(routes, AudioBodies.Transcription.Endpoint.Path, AudioBodies.Transcription, transcription);
        Map(routes, AudioBodies.Translation.Endpoint.Path, AudioBodies.Translation, translation);
        // A slip of the plural that clients make.
        Map(routes, "/v1/audio/translation", AudioBodies.Translation, translation);
        Map(routes, AudioBodies.Speech.Endpoint.Path, AudioBodies.Speech, new("Says a text; the answer is a sound file, or events with pieces of one.") { Body = AudioBodies.Speech.Root, Streams = true });

        var catalog = routes.ServiceProvider.GetRequiredService<ModelCatalog>();
        routes.MapGet("/v1/audio/voices", (RequestDelegate)(context => VoiceList.WriteAsync(context, catalog)))
            .RequireScope(ApiScopes.Inference)
            .Describe(new("Lists the voices that speech can have, by model.") { Answer = AudioAnswers.Voices });
        return routes;
    }

    private static void Map(IEndpointRouteBuilder routes, string path, BodyShape body, ApiOperation operation)
    {
        var handler = routes.ServiceProvider.GetRequiredService<InferenceHandler>();
        routes.MapPost(path, (RequestDelegate)(context => handler.HandleAsync(context, body))).RequireScope(ApiScopes.Inference).Describe(operation);
    }
}
