using Resultity.Gateway.Completions;
using Resultity.Gateway.Tests.Kit;

namespace Resultity.Gateway.Tests.Completions;

public sealed class CompletionTests : GatewayTest
{
    private const string Body = """{"model":"stub-model","prompt":"Once upon a time"}""";

    [Fact]
    public async Task A_prompt_is_completed_in_the_published_shape()
    {
        using var response = await PostAsync("/v1/completions", Body);
        Assert.Equal(200, (int)response.StatusCode);
        Conforms.To(CompletionAnswer.Shape, await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task A_streamed_completion_ends_whole()
    {
        await using var stream = await SseReading.OpenAsync(await SendAsync(
            HttpMethod.Post, "/v1/completions", Body.Replace("}", ",\"stream\":true}", StringComparison.Ordinal), HttpCompletionOption.ResponseHeadersRead));
        await stream.ReadToEndAsync();
        Assert.True(stream.IsDone);
        Assert.Contains("text_completion", stream.Events[0].Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_broken_completion_ends_with_an_error_in_its_own_shape()
    {
        await Upstream.SetAsync("truncate=2");
        await using var stream = await SseReading.OpenAsync(await SendAsync(
            HttpMethod.Post, "/v1/completions", Body.Replace("}", ",\"n\":2,\"stream\":true}", StringComparison.Ordinal), HttpCompletionOption.ResponseHeadersRead));
        await stream.ReadToEndAsync();
        Assert.Contains("\"text\":\"\",\"finish_reason\":\"error\"", stream.Events[^1].Data.Replace("\"index\":0,", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }
}
