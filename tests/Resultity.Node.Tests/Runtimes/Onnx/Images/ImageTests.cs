using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using Resultity.Node.Runtimes.Onnx;
using Resultity.Node.Runtimes.Processes;
using Resultity.Onnx.Imaging;
using Resultity.Onnx.Tests.Diffusion;

namespace Resultity.Node.Tests.Runtimes.Onnx.Images;

/// <summary>The image endpoints on a model in the layout of Stable Diffusion 1.5: what comes back, in which form, and what is refused.</summary>
public sealed class ImageTests : IAsyncLifetime
{
    private const string Generations = "/v1/images/generations", Edits = "/v1/images/edits", Variations = "/v1/images/variations";

    private readonly DiffusersFolder _folder = DiffusersFolder.Sd15();
    private readonly ChildHost _children = new(Directory.CreateTempSubdirectory("resultity-children-").FullName, TimeProvider.System, Random.Shared, NullLogger<ChildHost>.Instance);
    private OnnxRuntime _runtime = null!;

    private string Model => Path.GetFileName(_folder.Path);

    public async ValueTask InitializeAsync()
    {
        _runtime = new OnnxRuntime(new OnnxRuntimeOptions { Folders = [_folder.Path] }, _children, TimeProvider.System, NullLogger<OnnxRuntime>.Instance);
        await _runtime.StartAsync(CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _runtime.DisposeAsync();
        await _children.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public void It_is_offered_for_the_three_endpoints_and_not_loaded_before_it_is_asked()
    {
        var offer = Assert.Single(_runtime.Offers);
        // Where ffmpeg is installed, videos are offered as well.
        Assert.Equal([Generations, Edits, Variations], offer.Endpoints.Where(path => path != "/v1/videos"));
        Assert.Equal(Resultity.Contracts.Fleet.ModelState.Cold, offer.State);
    }

    [Theory]
    [InlineData("png", "89504E47")]
    [InlineData("jpeg", "FFD8FF")]
    [InlineData("webp", "52494646")]
    public async Task Images_come_in_the_format_and_size_that_was_asked_for_with_the_seeds_that_make_them_again(string format, string magic)
    {
        var answer = await GenerateAsync($$"""{"prompt":"a red circle","n":2,"size":"256x384","steps":2,"seed":7,"output_format":"{{format}}"}""");
        var images = answer.GetProperty("data").EnumerateArray().ToList();
        Assert.Equal([7, 8], images.Select(image => image.GetProperty("seed").GetInt32()));
        Assert.All(images, image =>
        {
            var file = image.GetProperty("b64_json").GetBytesFromBase64();
            Assert.StartsWith(magic, Convert.ToHexString(file), StringComparison.Ordinal);
            var picture = PictureReader.Read(file);
            Assert.Equal((256, 384), (picture.Width, picture.Height));
        });
        Assert.Equal((format, "256x384", 2), (answer.GetProperty("output_format").GetString(), answer.GetProperty("size").GetString(), answer.GetProperty("usage").GetProperty("images").GetInt32()));
        var again = await GenerateAsync($$"""{"prompt":"a red circle","size":"256x384","steps":2,"seed":8,"output_format":"{{format}}"}""");
        Assert.Equal(images[1].GetProperty("b64_json").GetString(), again.GetProperty("data")[0].GetProperty("b64_json").GetString());
    }

    [Fact]
    public async Task A_stream_brings_partial_images_and_then_each_whole_one()
    {
        var exchange = await PostAsync(Generations, """{"prompt":"x","n":2,"size":"256x256","steps":6,"stream":true,"partial_images":2}""");
        Assert.Equal(["partial_image", "partial_image", "completed", "partial_image", "partial_image", "completed"],
            exchange.Events.Select(e => e.GetProperty("type").GetString()!["image_generation.".Length..]));
        Assert.Equal([0, 1], exchange.Events.Take(2).Select(e => e.GetProperty("partial_image_index").GetInt32()));
        Assert.All(exchange.Events, e => Assert.Equal(256, PictureReader.Read(e.GetProperty("b64_json").GetBytesFromBase64()).Width));
        Assert.Equal(1, exchange.Events[^1].GetProperty("usage").GetProperty("images").GetInt32());
        Assert.EndsWith("data: [DONE]\n\n", exchange.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_edit_keeps_what_the_mask_covers_and_a_variation_needs_no_prompt()
    {
        var source = Scene.Draw("circle", "red", 256);
        var mask = new Picture(256, 256, [.. Enumerable.Range(0, 256 * 256).SelectMany(static at => new byte[] { 0, 0, 0, (byte)(at % 256 < 128 ? 255 : 0) })]);
        var edit = await SendAsync(Edits, [("image", "a.png", Png(source)), ("mask", "m.png", Png(mask)), .. Fields(("prompt", "blue"), ("size", "256x256"), ("steps", "3"))]);
        Assert.True(edit.Status == 200, edit.Text);
        var made = PictureReader.Read(edit.Json.GetProperty("data")[0].GetProperty("b64_json").GetBytesFromBase64());
        Assert.Equal(source.Pixels.AsSpan(1024 * 100, 400).ToArray(), made.Pixels.AsSpan(1024 * 100, 400).ToArray());
        var variation = await SendAsync(Variations, [("image", "a.png", Png(source)), .. Fields(("n", "2"), ("steps", "3"))]);
        Assert.True(variation.Status == 200, variation.Text);
        Assert.Equal(2, variation.Json.GetProperty("data").GetArrayLength());
        var json = await PostAsync(Edits, $$"""{"prompt":"x","steps":1,"images":[{"image_url":"data:image/png;base64,{{Convert.ToBase64String(Png(source))}}"}]}""");
        Assert.Equal(200, json.Status);
    }

    [Fact]
    public async Task Links_are_left_to_the_gateway_by_a_mark_at_the_beginning()
    {
        var exchange = await PostAsync(Generations, """{"prompt":"x","size":"256x256","steps":1,"response_format":"url"}""");
        Assert.StartsWith("{\"response_format\":\"url\",", exchange.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Generations, "{}", "prompt")]
    [InlineData(Generations, """{"prompt":"x","size":"300x301"}""", "size")]
    [InlineData(Generations, """{"prompt":"x","size":"4096x512"}""", "size")]
    [InlineData(Generations, """{"prompt":"x","size":"x"}""", "size")]
    [InlineData(Generations, """{"prompt":"x","n":11}""", "n")]
    [InlineData(Generations, """{"prompt":"x","steps":0}""", "steps")]
    [InlineData(Generations, """{"prompt":"x","seed":-1}""", "seed")]
    [InlineData(Generations, """{"prompt":"x","scheduler":"magic"}""", "scheduler")]
    [InlineData(Generations, """{"prompt":"x","background":"transparent"}""", "background")]
    [InlineData(Generations, """{"prompt":"x","output_compression":50}""", "output_compression")]
    [InlineData(Generations, """{"prompt":5}""", "prompt")]
    [InlineData(Edits, """{"prompt":"x"}""", "image")]
    [InlineData(Edits, """{"prompt":"x","image":"https://example.org/a.png"}""", "image")]
    [InlineData(Edits, """{"prompt":"x","image":"data:image/png;base64,aGVsbG8="}""", "image")]
    [InlineData(Variations, """{"image":["data:image/png;base64,aGVsbG8="]}""", "image[0]")]
    public async Task A_wrong_field_is_refused_by_its_name(string path, string body, string param)
    {
        var exchange = await PostAsync(path, body);
        Assert.Equal(400, exchange.Status);
        Assert.Equal(param, exchange.Json.GetProperty("error").GetProperty("param").GetString());
    }

    [Fact]
    public async Task A_mask_without_transparency_and_a_picture_above_the_limit_are_refused()
    {
        var opaque = await SendAsync(Edits, [("image", "a.png", Png(Scene.Draw("circle", "red"))), ("mask", "m.png", Png(Scene.Draw("circle", "red"))), .. Fields(("prompt", "x"))]);
        Assert.Equal("invalid_mask", opaque.Json.GetProperty("error").GetProperty("code").GetString());
        var huge = await SendAsync(Variations, [("image", "a.png", Png(new Picture(16_400, 1, new byte[16_400 * 4])))]);
        Assert.Equal((413, "image_too_large"), (huge.Status, huge.Json.GetProperty("error").GetProperty("code").GetString()));
    }

    private static byte[] Png(Picture picture) => PictureWriter.Write(picture, PictureFormat.Png);

    private static IEnumerable<(string, string?, byte[])> Fields(params (string Name, string Value)[] fields) => fields.Select(field => (field.Name, (string?)null, System.Text.Encoding.UTF8.GetBytes(field.Value)));

    private async Task<RecordedExchange> PostAsync(string path, string body)
    {
        var exchange = new RecordedExchange(path, JsonNode.Parse(body)!, Model);
        await _runtime.ExecuteAsync(exchange, TestContext.Current.CancellationToken);
        return exchange;
    }

    private async Task<JsonElement> GenerateAsync(string body)
    {
        var exchange = await PostAsync(Generations, body);
        Assert.True(exchange.Status == 200, exchange.Text);
        return exchange.Json;
    }

    private async Task<MediaExchange> SendAsync(string path, IEnumerable<(string, string?, byte[])> parts)
    {
        var exchange = new MediaExchange(path, Model, parts);
        await _runtime.ExecuteAsync(exchange, TestContext.Current.CancellationToken);
        return exchange;
    }
}
