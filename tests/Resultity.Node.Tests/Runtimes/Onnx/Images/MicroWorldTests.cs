using System.Text.Json.Nodes;

namespace Resultity.Node.Tests.Runtimes.Onnx.Images;

/// <summary>The built-in painter and the built-in captioner together: the colour that is asked for is the colour that is seen. Its card says how far shapes go.</summary>
public sealed class MicroWorldTests(OnnxRuntimeFixture onnx)
{
    private static readonly string[] Colours = ["red", "green", "blue", "yellow", "purple", "black"];
    private static readonly string[] Shapes = ["circle", "square", "triangle", "ring"];

    [Fact]
    public async Task Painted_prompts_are_described_with_the_colours_they_were_asked_for()
    {
        var (colours, shapes, all) = (0, 0, 0);
        foreach (var colour in Colours)
        {
            foreach (var shape in Shapes)
            {
                var text = await SeeAsync(await PaintAsync($"a {colour} {shape} in the center on a white background", all));
                colours += text.Contains($"{colour} ", StringComparison.Ordinal) ? 1 : 0;
                shapes += text.Contains($"{colour} {shape}", StringComparison.Ordinal) ? 1 : 0;
                all++;
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"of {all}: colour {colours}, colour and shape {shapes}");
        Assert.True(colours >= all * 70 / 100, $"of {all}: colour {colours}, colour and shape {shapes}");
    }

    private async Task<string> PaintAsync(string prompt, int seed)
    {
        var exchange = await onnx.PostAsync("/v1/images/generations", new JsonObject { ["prompt"] = prompt, ["seed"] = seed, ["guidance_scale"] = 5 }, "resultity-mini-diffusion");
        Assert.True(exchange.Status == 200, exchange.Text);
        return exchange.Json.GetProperty("data")[0].GetProperty("b64_json").GetString()!;
    }

    private async Task<string> SeeAsync(string png)
    {
        var exchange = await onnx.PostAsync("/v1/images/description", new JsonObject { ["image"] = "data:image/png;base64," + png }, "resultity-mini-caption");
        Assert.True(exchange.Status == 200, exchange.Text);
        return exchange.Json.GetProperty("data")[0].GetProperty("text").GetString()!;
    }
}
