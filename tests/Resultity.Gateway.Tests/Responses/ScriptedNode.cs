using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Resultity.Gateway.Tests.Responses;

/// <summary>A node that answers chat completions with what a test wrote down for it, and keeps what it was asked.</summary>
internal sealed class ScriptedNode : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<Func<HttpContext, Task>> _script = new();

    private ScriptedNode()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.MapPost("/v1/chat/completions", AnswerAsync);
    }

    public Uri Address { get; private set; } = null!;

    /// <summary>The chat requests that came, oldest first.</summary>
    public ConcurrentQueue<JsonElement> Asked { get; } = new();

    public static async Task<ScriptedNode> StartAsync()
    {
        var node = new ScriptedNode();
        await node._app.StartAsync();
        node.Address = new Uri(node._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return node;
    }

    /// <summary>The next answer is this JSON.</summary>
    public ScriptedNode Says(string json, int status = 200)
    {
        _script.Enqueue(async context =>
        {
            context.Response.StatusCode = status;
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(json);
        });
        return this;
    }

    /// <summary>The next answer is a message of this text.</summary>
    public ScriptedNode SaysText(string text, string finish = "stop") => Says(
        $$$"""{"id":"c","object":"chat.completion","created":1,"model":"scripted","choices":[{"index":0,"message":{"role":"assistant","content":{{{ResponseBench.Quote(text)}}}},"finish_reason":"{{{finish}}}"}],"usage":{"prompt_tokens":11,"completion_tokens":5,"total_tokens":16}}""");

    /// <summary>The next answer is a stream of these chunks; a chunk that is <see langword="null"/> waits until <paramref name="gate"/> lets it go on.</summary>
    public ScriptedNode Streams(IEnumerable<string?> chunks, Task? gate = null, bool whole = true)
    {
        _script.Enqueue(async context =>
        {
            context.Response.ContentType = "text/event-stream";
            foreach (var chunk in chunks)
            {
                if (chunk is null)
                {
                    await gate!.WaitAsync(context.RequestAborted);
                    continue;
                }

                await context.Response.WriteAsync($"data: {chunk}\n\n");
                await context.Response.Body.FlushAsync();
            }

            if (whole)
            {
                await context.Response.WriteAsync("data: [DONE]\n\n");
            }
            else
            {
                context.Abort();
            }
        });
        return this;
    }

    /// <summary>The next answer never comes; the task completes when the request was given up.</summary>
    public Task Hangs(TaskCompletionSource? begun = null)
    {
        var given = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _script.Enqueue(async context =>
        {
            begun?.TrySetResult();
            try
            {
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
            }
            catch (OperationCanceledException)
            {
                given.TrySetResult();
            }
        });
        return given.Task;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body, Encoding.UTF8);
        Asked.Enqueue(JsonElement.Parse(await reader.ReadToEndAsync()));
        if (_script.TryDequeue(out var next))
        {
            await next(context);
        }
        else
        {
            context.Response.StatusCode = 500;
        }
    }
}
