using System.Text.Json;
using System.Text.Json.Nodes;
using Resultity.Onnx.Imaging;

namespace Resultity.Node.Tests.Runtimes.Onnx.Images;

/// <summary>The built-in captioner: what it sees is what is there.</summary>
public sealed class DescriptionTests(OnnxRuntimeFixture onnx)
{
    private const string Path = "/v1/images/description", Model = "resultity-mini-caption";

    [Fact]
    public async Task Drawn_shapes_are_described_with_their_colours()
    {
        var (right, all) = (0, 0);
        foreach (var (colour, _, _, _) in Scene.Colours)
        {
            foreach (var shape in Scene.Shapes)
            {
                var text = (await DescribeAsync(Scene.Png(shape, colour))).GetProperty("data")[0].GetProperty("text").GetString()!;
                right += text.Contains($"{colour} {shape}", StringComparison.Ordinal) ? 1 : 0;
                all++;
            }
        }

        Assert.True(right >= all * 9 / 10, $"{right} of {all} right");
    }

    [Theory]
    [InlineData(PictureFormat.Png)]
    [InlineData(PictureFormat.Jpeg)]
    [InlineData(PictureFormat.Webp)]
    public async Task Every_format_and_size_is_read(PictureFormat format)
    {
        var answer = await DescribeAsync(PictureWriter.Write(Scene.Draw("circle", "red", 300), format, 90));
        Assert.Contains("red circle", answer.GetProperty("data")[0].GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.True(answer.GetProperty("usage").GetProperty("output_tokens").GetInt32() > 3);
    }

    [Fact]
    public async Task Tags_and_json_say_the_same_in_their_own_shape()
    {
        var tags = (await DescribeAsync(Scene.Png("square", "blue"), ("kind", "tags"))).GetProperty("data")[0];
        Assert.Contains("blue", tags.GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()));
        Assert.Contains("square", tags.GetProperty("text").GetString(), StringComparison.Ordinal);
        var json = (await DescribeAsync(Scene.Png("square", "blue"), ("kind", "json"))).GetProperty("data")[0].GetProperty("json");
        Assert.Contains("blue square", json.GetProperty("caption").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_json_body_with_a_data_url_works_as_well_and_streams()
    {
        var exchange = await onnx.PostAsync(Path, new JsonObject { ["image"] = DataUrl(), ["stream"] = true }, Model);
        Assert.Equal(200, exchange.Status);
        var done = exchange.Events[^1];
        Assert.Equal("image_description.done", done.GetProperty("type").GetString());
        var pieces = string.Concat(exchange.Events.Where(e => e.GetProperty("type").GetString() == "image_description.delta").Select(e => e.GetProperty("delta").GetString()));
        Assert.Equal(done.GetProperty("description").GetProperty("text").GetString(), pieces);
        Assert.Contains("red circle", pieces, StringComparison.Ordinal);
        Assert.EndsWith("data: [DONE]\n\n", exchange.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_chat_with_an_image_is_answered_by_the_same_model(bool stream)
    {
        var body = JsonNode.Parse("""{"messages":[{"role":"user","content":[{"type":"text","text":"What is this?"},{"type":"image_url","image_url":{"url":""}}]}]}""")!;
        body["stream"] = stream;
        body["messages"]![0]!["content"]![1]!["image_url"]!["url"] = DataUrl();
        var exchange = await onnx.PostAsync("/v1/chat/completions", body, Model);
        Assert.Equal(200, exchange.Status);
        var text = stream
            ? string.Concat(exchange.Events.Select(e => e.GetProperty("choices")[0].GetProperty("delta")).Where(d => d.TryGetProperty("content", out _)).Select(d => d.GetProperty("content").GetString()))
            : exchange.Json.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString();
        Assert.Contains("red circle", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{}", "image", "missing_required_parameter")]
    [InlineData("""{"image":"https://example.org/a.png"}""", "image", "remote_url_refused")]
    [InlineData("""{"image":"data:image/png;base64,@@"}""", "image", "invalid_base64")]
    [InlineData("""{"image":"data:image/png;base64,aGVsbG8="}""", "image", "invalid_image")]
    [InlineData("""{"image":"a.png"}""", "image", "invalid_image_url")]
    [InlineData("""{"image":{"image_url":{"url":"http://localhost/"}}}""", "image.image_url.url", "remote_url_refused")]
    [InlineData("""{"image":"x","kind":"ocr"}""", "kind", "unsupported_value")]
    [InlineData("""{"image":"x","language":"de"}""", "language", "unsupported_value")]
    public async Task What_it_cannot_do_is_refused_by_its_field(string body, string param, string code)
    {
        var exchange = await onnx.PostAsync(Path, JsonNode.Parse(body)!, Model);
        Assert.Equal(400, exchange.Status);
        var error = exchange.Json.GetProperty("error");
        Assert.Equal((param, code), (error.GetProperty("param").GetString(), error.GetProperty("code").GetString()));
    }

    private static string DataUrl() => "data:image/png;base64," + Convert.ToBase64String(Scene.Png("circle", "red"));

    private async Task<JsonElement> DescribeAsync(byte[] image, params (string Name, string Value)[] fields)
    {
        var exchange = new MediaExchange(Path, Model, [("image", "in.png", image), .. fields.Select(field => (field.Name, (string?)null, System.Text.Encoding.UTF8.GetBytes(field.Value)))]);
        await onnx.Runtime.ExecuteAsync(exchange, TestContext.Current.CancellationToken);
        Assert.True(exchange.Status == 200, exchange.Text);
        return exchange.Json;
    }
}
