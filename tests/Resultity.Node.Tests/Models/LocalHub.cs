using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Resultity.Node.Tests.Models;

/// <summary>A Hugging Face hub on loopback that can cut connections, ignore ranges and send other bytes than it announced.</summary>
internal sealed class LocalHub : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Dictionary<string, byte[]> _files = new(StringComparer.Ordinal);

    private LocalHub()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.Services.AddRoutingCore();
        _app = builder.Build();
        _app.MapGet("/api/models/{owner}/{name}/tree/{revision}", ListAsync);
        _app.MapGet("/{owner}/{name}/resolve/{revision}/{**path}", FileAsync);
    }

    public Uri Url => new(_app.Urls.First());

    /// <summary>Cuts the connection after so many bytes of an answer, as often as <see cref="Cuts"/> says.</summary>
    public int CutAfter { get; set; } = int.MaxValue;

    public int Cuts { get; set; }

    public bool IgnoresRanges { get; set; }

    public bool AnswersWrongRanges { get; set; }

    public int FlipsByteTimes { get; set; }

    public string? WantedToken { get; set; }

    public int PageSize { get; set; } = 1000;

    public Func<JsonObject, JsonObject> Announce { get; set; } = entry => entry;

    public Func<byte[], byte[]> Serve { get; set; } = bytes => bytes;

    public bool Stalls { get; set; }

    public ConcurrentQueue<(string Path, long From)> Requests { get; } = new();

    public static async Task<LocalHub> StartAsync()
    {
        var hub = new LocalHub();
        await hub._app.StartAsync();
        return hub;
    }

    public LocalHub With(string path, int size)
    {
        var bytes = new byte[size];
        new Random(path.Length).NextBytes(bytes);
        _files[path] = bytes;
        return this;
    }

    public LocalHub WithModel()
    {
        _files["config.json"] = "{}"u8.ToArray();
        _files["tokenizer.json"] = """{"model":{}}"""u8.ToArray();
        _files["README.md"] = "not needed"u8.ToArray();
        return With("onnx/model.onnx", 700_000).With("onnx/model_q4.onnx", 1000).With("onnx/model_q4.onnx_data", 5000);
    }

    public byte[] Bytes(string path) => _files[path];

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private async Task ListAsync(HttpContext context)
    {
        if (WantedToken is not null && context.Request.Headers.Authorization != "Bearer " + WantedToken)
        {
            context.Response.StatusCode = 401;
            return;
        }

        var page = int.TryParse(context.Request.Query["cursor"], out var cursor) ? cursor : 0;
        var entries = _files.Skip(page * PageSize).Take(PageSize).Select(file => (JsonNode)Announce(Entry(file.Key, file.Value)));
        if ((page + 1) * PageSize < _files.Count)
        {
            context.Response.Headers.Link = $"<{Url}api/models/{context.Request.RouteValues["owner"]}/{context.Request.RouteValues["name"]}/tree/main?recursive=1&cursor={page + 1}>; rel=\"next\"";
        }

        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(new JsonArray([.. entries]).ToJsonString());
    }

    private static JsonObject Entry(string path, byte[] bytes)
    {
        var entry = new JsonObject { ["type"] = "file", ["path"] = path, ["size"] = bytes.Length };
        if (path.Contains(".onnx", StringComparison.Ordinal))
        {
            entry["oid"] = new string('0', 40);
            entry["lfs"] = new JsonObject { ["oid"] = Convert.ToHexStringLower(SHA256.HashData(bytes)), ["size"] = bytes.Length };
        }
        else
        {
#pragma warning disable CA5350 // Git's object ids are SHA-1.
            entry["oid"] = Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {bytes.Length}\0"), .. bytes]));
#pragma warning restore CA5350
        }

        return entry;
    }

    private async Task FileAsync(HttpContext context)
    {
        var path = (string)context.Request.RouteValues["path"]!;
        var bytes = Serve(_files[path]);
        long from = 0;
        var range = context.Request.Headers.Range.ToString();
        if (range.Length > 0) from = long.Parse(range["bytes=".Length..^1], null);
        Requests.Enqueue((path, from));
        if (Stalls)
        {
            await context.Response.StartAsync();
            await context.Response.Body.FlushAsync();
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        }

        if (from > 0 && !IgnoresRanges)
        {
            context.Response.StatusCode = 206;
            var claimed = AnswersWrongRanges ? from + 1 : from;
            context.Response.Headers.ContentRange = $"bytes {claimed}-{bytes.Length - 1}/{bytes.Length}";
            bytes = bytes[(int)claimed..];
        }

        if (FlipsByteTimes > 0 && path.EndsWith("model.onnx", StringComparison.Ordinal))
        {
            FlipsByteTimes--;
            bytes = [.. bytes];
            bytes[^1] ^= 1;
        }

        context.Response.ContentLength = bytes.Length;
        if (bytes.Length > CutAfter && Cuts > 0)
        {
            Cuts--;
            await context.Response.Body.WriteAsync(bytes.AsMemory(0, CutAfter));
            await context.Response.Body.FlushAsync();
            context.Abort();
            return;
        }

        await context.Response.Body.WriteAsync(bytes);
    }
}
