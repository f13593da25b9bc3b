using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Images;
using Resultity.EndToEnd.Tests.Processes;
using Xunit;

namespace Resultity.EndToEnd.Tests.Images;

/// <summary>Images, descriptions and moderations on the built-in models, by the official SDK, by plain HTTP and by the command line.</summary>
public sealed class ImageTests : IAsyncLifetime
{
    private const string Painter = "resultity-mini-diffusion", Seer = "resultity-mini-caption", Prompt = "a red circle on a white background";

    private readonly string _folder = Directory.CreateTempSubdirectory("resultity-images-").FullName;
    private Installation _up = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _up = await Installation.StartAsync("up");

    public async ValueTask DisposeAsync()
    {
        await _up.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_official_sdk_makes_edits_and_varies_images()
    {
        var images = Sdk().GetImageClient(Painter);
        var made = (await images.GenerateImageAsync(Prompt, new ImageGenerationOptions { ResponseFormat = GeneratedImageFormat.Bytes, Size = GeneratedImageSize.W256xH256 }, Cancellation)).Value;
        Assert.Equal([0x89, 0x50, 0x4E, 0x47], made.ImageBytes.ToArray()[..4]);
        var edited = await images.GenerateImageEditsAsync(made.ImageBytes.ToStream(), "made.png", "a blue circle", 2, new ImageEditOptions { Size = GeneratedImageSize.W256xH256 }, Cancellation);
        Assert.Equal(2, edited.Value.Count);
        var varied = await images.GenerateImageVariationAsync(made.ImageBytes.ToStream(), "made.png", new ImageVariationOptions { Size = GeneratedImageSize.W256xH256 }, Cancellation);
        Assert.NotEmpty(varied.Value.ImageBytes.ToArray());
    }

    [Fact]
    public async Task A_link_leads_to_the_image_and_ends_when_it_is_changed()
    {
        var made = (await Sdk().GetImageClient(Painter).GenerateImageAsync(Prompt, new ImageGenerationOptions { ResponseFormat = GeneratedImageFormat.Uri }, Cancellation)).Value;
        using var anybody = new HttpClient();
        using var image = await anybody.GetAsync(made.ImageUri, Cancellation);
        Assert.Equal((HttpStatusCode.OK, "image/png"), (image.StatusCode, image.Content.Headers.ContentType?.MediaType));
        Assert.Equal([0x89, 0x50, 0x4E, 0x47], (await image.Content.ReadAsByteArrayAsync(Cancellation))[..4]);
        using var forged = await anybody.GetAsync(made.ImageUri.ToString().Replace("expires=", "expires=1", StringComparison.Ordinal), Cancellation);
        Assert.Equal(HttpStatusCode.NotFound, forged.StatusCode);
    }

    [Fact]
    public async Task An_image_is_polled_for_and_comes_by_links_as_well()
    {
        using var submit = new HttpRequestMessage(HttpMethod.Post, "v1/images/generations") { Content = Json($$"""{"model":"{{Painter}}","prompt":"{{Prompt}}","response_format":"url"}""") };
        submit.Headers.Add("Prefer", "respond-async, wait=60");
        using var response = await _up.Http.SendAsync(submit, Cancellation);
        var answer = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!;
        Assert.True(response.StatusCode == HttpStatusCode.OK, answer.ToJsonString());
        Assert.Contains("/v1/images/files/", (string)answer["data"]![0]!["url"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_brings_a_partial_image_before_the_whole_one()
    {
        using var response = await _up.Http.PostAsync("v1/images/generations", Json($$"""{"model":"{{Painter}}","prompt":"{{Prompt}}","stream":true,"partial_images":1}"""), Cancellation);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        var partial = text.IndexOf("image_generation.partial_image", StringComparison.Ordinal);
        Assert.InRange(partial, 0, text.IndexOf("image_generation.completed", StringComparison.Ordinal));
        Assert.EndsWith("data: [DONE]\n\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Drawn_shapes_are_described_by_every_road()
    {
        var file = Path.Combine(_folder, "square.png");
        await File.WriteAllBytesAsync(file, Square(), Cancellation);
        using var form = new MultipartFormDataContent { { new ByteArrayContent(Square()), "image", "square.png" } };
        using var described = await _up.Http.PostAsync("v1/images/description", form, Cancellation);
        var answer = JsonNode.Parse(await described.Content.ReadAsStringAsync(Cancellation))!;
        Assert.Contains("blue square", (string)answer["data"]![0]!["text"]!, StringComparison.Ordinal);
        var chat = await Sdk().GetChatClient(Seer).CompleteChatAsync(
            [new UserChatMessage(ChatMessageContentPart.CreateTextPart("What is it?"), ChatMessageContentPart.CreateImagePart(BinaryData.FromBytes(Square()), "image/png"))], cancellationToken: Cancellation);
        Assert.Contains("blue square", chat.Value.Content[0].Text, StringComparison.Ordinal);
        var (code, output, errors) = await _up.CliAsync("describe", file);
        Assert.True(code == 0, errors);
        Assert.Contains("blue square", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_official_moderation_client_gets_a_result_for_each_text()
    {
        var results = (await Sdk().GetModerationClient("resultity-mini-moderation").ClassifyTextAsync(["I will hurt you tonight", "you are kind"], Cancellation)).Value;
        Assert.Equal([true, false], results.Select(static result => result.Flagged));
        Assert.True(results[0].Violence.Flagged);
        using var unnamed = await _up.Http.PostAsync("v1/moderations", Json("""{"input":"you are kind"}"""), Cancellation);
        Assert.Equal("resultity-mini-moderation", unnamed.Headers.GetValues("x-resultity-model").Single());
    }

    [Fact]
    public async Task Images_are_made_in_a_batch_as_well()
    {
        using var submit = new HttpRequestMessage(HttpMethod.Post, "v1/batches")
        {
            Content = Json($$$"""{"requests":[{"custom_id":"one","method":"POST","url":"/v1/images/generations","body":{"model":"{{{Painter}}}","prompt":"{{{Prompt}}}","steps":4}},{"custom_id":"two","method":"POST","url":"/v1/moderations","body":{"input":"you are kind"}}]}"""),
        };
        submit.Headers.Add("Prefer", "wait=60");
        using var response = await _up.Http.SendAsync(submit, Cancellation);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.IsSuccessStatusCode, text);
        Assert.Contains("b64_json", text, StringComparison.Ordinal);
        Assert.Contains("category_scores", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_command_line_writes_files_and_prints_their_names()
    {
        var file = Path.Combine(_folder, "one.webp");
        var (code, output, errors) = await _up.CliAsync("image", "generate", Prompt, "-o", file, "--seed", "5", "--steps", "4");
        Assert.True(code == 0, errors);
        Assert.Equal(file, output.Trim());
        Assert.Equal("RIFF"u8.ToArray(), (await File.ReadAllBytesAsync(file, Cancellation))[..4]);
        (code, output, errors) = await _up.CliAsync("image", "vary", file, "-n", "2", "-o", Path.Combine(_folder, "more.png"), "--steps", "4");
        Assert.True(code == 0, errors);
        Assert.Equal(2, output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.True(File.Exists(Path.Combine(_folder, "more-2.png")));
        (code, _, errors) = await _up.CliAsync("image", "edit", file, "a blue circle", "-o", Path.Combine(_folder, "edit.png"), "--size", "3x3");
        Assert.Equal(1, code);
        Assert.Contains("size", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_that_are_no_images_are_refused_and_the_service_goes_on()
    {
        foreach (var file in (byte[][])["hello"u8.ToArray(), [0x89, 0x50, 0x4E, 0x47], Square()[..200], [.. "GIF89a"u8, 255, 255, 255, 255, 0, 0, 0]])
        {
            using var form = new MultipartFormDataContent { { new ByteArrayContent(file), "image", "a.png" } };
            using var response = await _up.Http.PostAsync("v1/images/description", form, Cancellation);
            Assert.InRange((int)response.StatusCode, 400, 499);
            Assert.Equal("image", (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancellation))!["error"]!["param"]);
        }

        using var right = new MultipartFormDataContent { { new ByteArrayContent(Square()), "image", "a.png" } };
        Assert.Equal(HttpStatusCode.OK, (await _up.Http.PostAsync("v1/images/description", right, Cancellation)).StatusCode);
    }

    private OpenAIClient Sdk() => new(
        new ApiKeyCredential(_up.Http.DefaultRequestHeaders.Authorization!.Parameter!), new OpenAIClientOptions { Endpoint = new Uri(_up.Url, "v1"), RetryPolicy = new ClientRetryPolicy(0) });

    private static StringContent Json(string body) => new(body, new UTF8Encoding(false), new MediaTypeHeaderValue("application/json"));

    /// <summary>A blue square on white, 64 x 64.</summary>
    private static byte[] Square()
    {
        var pixels = new byte[64 * 64 * 4];
        for (var at = 0; at < 64 * 64; at++)
        {
            var inside = at % 64 is >= 20 and < 44 && at / 64 is >= 20 and < 44;
            (pixels[at * 4], pixels[(at * 4) + 1], pixels[(at * 4) + 2], pixels[(at * 4) + 3]) = inside ? ((byte)35, (byte)75, (byte)225, (byte)255) : ((byte)248, (byte)248, (byte)248, (byte)255);
        }

        return Resultity.Onnx.Imaging.PictureWriter.Write(new Resultity.Onnx.Imaging.Picture(64, 64, pixels), Resultity.Onnx.Imaging.PictureFormat.Png);
    }
}
