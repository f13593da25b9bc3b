using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Resultity.Gateway.Admin;
using Resultity.Gateway.Audio;
using Resultity.Gateway.Batches;
using Resultity.Gateway.Chat;
using Resultity.Gateway.Completions;
using Resultity.Gateway.Embeddings;
using Resultity.Gateway.Files;
using Resultity.Gateway.Fleet;
using Resultity.Gateway.Http;
using Resultity.Gateway.Http.OpenApi;
using Resultity.Gateway.Images;
using Resultity.Gateway.Models;
using Resultity.Gateway.Moderations;
using Resultity.Gateway.Requests;
using Resultity.Gateway.Rerank;
using Resultity.Gateway.Responses;
using Resultity.Gateway.Videos;
using Resultity.Gateway.Telemetry;
using Resultity.Gateway.Webhooks;
using Resultity.Serving;
using Resultity.Serving.Jobs;
using Resultity.Serving.Sharding;
using Resultity.Serving.Peers;
using Resultity.Storage;

namespace Resultity.Gateway.Hosting;

/// <summary>The gateway's parts, and how they are put together: the file to read for what there is.</summary>
internal static class GatewayRegistration
{
    public static IServiceCollection AddGateway(this IServiceCollection services, GatewayOptions options)
    {
        services.AddSingleton(options);
        services.AddSingleton(options.Scheduling);
        services.AddSingleton(options.Pipeline);
        services.AddSingleton(options.Catalog);
        services.AddSingleton(options.Files);
        services.AddSingleton(options.Batches);
        services.AddSingleton(options.Idempotency);
        services.AddSingleton(options.Webhooks);
        services.AddSingleton(options.RemoteImages);
        services.AddSingleton(Options.Create(options.Http));
        options.Fleet.Folder ??= options.DataFolder;
        services.AddSingleton(Options.Create(options.Fleet));

        services.AddSingleton(provider =>
        {
            options.Jobs.Owner = provider.GetRequiredService<GatewayIdentity>().OwnId;
            return options.Jobs;
        });
        services.AddStorage(options);
        services.AddServing();
        services.AddFleet();
        services.AddSharding();
        services.AddHttpEdge();
        services.AddJobs();
        services.AddChat().AddCompletions().AddEmbeddings().AddRerank().AddImages().AddAudio().AddModerations().AddVideos().AddRequests().AddResponses();
        services.AddFiles().AddBatches().AddWebhooks();
        services.AddPeers();
        services.AddTelemetry("resultity-gateway", options.ExportTelemetry);
        services.AddSingleton<DrainState>();
        services.AddSingleton<FirstKeys>();
        services.AddAdmin();
        return services;
    }

    private static IServiceCollection AddStorage(this IServiceCollection services, GatewayOptions options) => options.Database is { } database
        ? services.AddPostgresStorage(database, options.DataFolder, options.BlobFolder)
        : services.AddSqliteStorage(options.DataFolder);

    public static void UseGateway(this WebApplication app)
    {
        app.UseHttpEdge();
        app.UseMiddleware<DrainGate>();
        app.MapHealth();
        app.MapOpenApi();
        app.MapMetrics();
        app.MapFleet();
        app.MapModels().MapChat().MapCompletions().MapEmbeddings().MapRerank().MapImages().MapAudio().MapModerations().MapVideos().MapRequests().MapResponses();
        app.MapFiles().MapBatches().MapWebhooks();
        app.MapAdmin();
    }
}
