using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Resultity.Gateway.Tests.Kit;
using Resultity.Gateway.Webhooks;

namespace Resultity.Gateway.Tests.Webhooks;

/// <summary>Webhooks, as their receiver and their owner see them.</summary>
public sealed class WebhookTests : GatewayTest
{
    private const string Chat = "/v1/chat/completions";

    [Fact]
    public async Task The_end_of_a_request_is_told_and_signed()
    {
        await using var receiver = await Receiver.StartAsync();
        var webhook = await MakeAsync(receiver.Url);
        using var accepted = await PostAsync(Chat, ChatBody, ("Prefer", "respond-async"));
        var id = (await JsonAsync(accepted)).GetProperty("id").GetString();
        var received = await receiver.NextAsync();
        var body = JsonElement.Parse(received.Body);
        Assert.Equal(("request.completed", "event", id), (Text(body, "type"), Text(body, "object"), Text(body.GetProperty("data"), "id")));
        Assert.StartsWith("evt_", Text(body, "id"), StringComparison.Ordinal);
        Assert.Equal(Text(body, "id"), received.Headers["webhook-id"]);
        Assert.Equal(Sign(Text(webhook, "secret"), received), received.Headers["webhook-signature"]);
        using var status = await Gateway.Http.GetAsync(new Uri($"/v1/requests/{id}", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal("completed", Text(await JsonAsync(status), "status"));
    }

    [Fact]
    public async Task A_receiver_that_fails_is_tried_again_with_the_same_event()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answers.Enqueue(500);
        var webhook = await MakeAsync(receiver.Url);
        using var accepted = await PostAsync(Chat, ChatBody, ("Prefer", "respond-async"));
        var first = await receiver.NextAsync();
        var second = await receiver.NextAsync();
        Assert.Equal((first.Body, first.Headers["webhook-id"]), (second.Body, second.Headers["webhook-id"]));
        var delivery = await UntilAsync(webhook, static delivery => Text(delivery, "status") == "delivered");
        Assert.Equal((2, 200), (delivery.GetProperty("attempts").GetInt32(), delivery.GetProperty("response_status").GetInt32()));
    }

    [Fact]
    public async Task A_redirect_is_not_followed_and_no_success()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answers.Enqueue(302);
        var webhook = await MakeAsync(receiver.Url);
        using var test = await PostAsync($"/v1/webhooks/{Text(webhook, "id")}/test", "{}");
        Assert.Equal("/hook", (await receiver.NextAsync()).Path);
        var delivery = await UntilAsync(webhook, static delivery => delivery.GetProperty("response_status").ValueKind == JsonValueKind.Number);
        Assert.Equal("pending", Text(delivery, "status"));
    }

    [Fact]
    public async Task A_receiver_that_is_gone_is_disabled()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answers.Enqueue(410);
        var webhook = await MakeAsync(receiver.Url);
        using var test = await PostAsync($"/v1/webhooks/{Text(webhook, "id")}/test", "{}");
        await UntilAsync(webhook, static delivery => Text(delivery, "status") == "failed");
        var read = await GetAsync($"/v1/webhooks/{Text(webhook, "id")}");
        Assert.False(read.GetProperty("enabled").GetBoolean());
        Assert.Contains("410", Text(read, "disabled_reason"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_a_rotation_both_secrets_sign_for_a_while()
    {
        await using var receiver = await Receiver.StartAsync();
        var webhook = await MakeAsync(receiver.Url);
        using var rotated = await PostAsync($"/v1/webhooks/{Text(webhook, "id")}/rotate", "{}");
        var secret = Text(await JsonAsync(rotated), "secret");
        using var test = await PostAsync($"/v1/webhooks/{Text(webhook, "id")}/test", "{}");
        var received = await receiver.NextAsync();
        Assert.Equal($"{Sign(secret, received)} {Sign(Text(webhook, "secret"), received)}", received.Headers["webhook-signature"]);
    }

    [Fact]
    public async Task A_delivery_can_be_sent_again()
    {
        await using var receiver = await Receiver.StartAsync();
        var webhook = await MakeAsync(receiver.Url);
        using var test = await PostAsync($"/v1/webhooks/{Text(webhook, "id")}/test", "{}");
        var first = await receiver.NextAsync();
        var delivery = await UntilAsync(webhook, static delivery => Text(delivery, "status") == "delivered");
        using var replay = await PostAsync($"/v1/webhooks/{Text(webhook, "id")}/deliveries/{Text(delivery, "id")}/replay", "{}");
        Assert.True(replay.IsSuccessStatusCode);
        Assert.Equal(first.Body, (await receiver.NextAsync()).Body);
    }

    [Fact]
    public async Task Only_the_events_that_were_asked_for_are_sent()
    {
        await using var receiver = await Receiver.StartAsync();
        using var made = await PostAsync("/v1/webhooks", $$"""{"url":"{{receiver.Url}}","events":["request.failed"]}""");
        var webhook = await JsonAsync(made);
        using var accepted = await PostAsync(Chat, ChatBody, ("Prefer", "respond-async, wait=30"));
        Assert.Equal(200, (int)accepted.StatusCode);
        Assert.Equal(0, (await GetAsync($"/v1/webhooks/{Text(webhook, "id")}/deliveries")).GetProperty("data").GetArrayLength());
    }

    [Fact]
    public async Task A_request_names_its_own_receiver_once_there_is_a_secret()
    {
        await using var receiver = await Receiver.StartAsync();
        using var refused = await PostAsync(Chat, ChatBody, ("Prefer", "respond-async"), ("Resultity-Webhook", receiver.Url));
        await AssertErrorAsync(refused, 400, "webhook_secret_missing");
        using var rotated = await PostAsync("/v1/webhooks/default/rotate", "{}");
        var secret = Text(await JsonAsync(rotated), "secret");
        using var accepted = await PostAsync(Chat, ChatBody, ("Prefer", "respond-async"), ("Resultity-Webhook", receiver.Url));
        Assert.Equal(202, (int)accepted.StatusCode);
        var received = await receiver.NextAsync();
        Assert.Equal(Sign(secret, received), received.Headers["webhook-signature"]);
    }

    [Theory]
    [InlineData("""{}""", "missing_required_parameter")]
    [InlineData("""{"url":"ftp://example.com/"}""", "invalid_value")]
    [InlineData("""{"url":"https://user:secret@example.com/"}""", "invalid_value")]
    [InlineData("""{"url":"https://example.com/","events":["request.nothing"]}""", "invalid_value")]
    public async Task What_is_no_webhook_is_refused(string body, string code)
    {
        using var response = await PostAsync("/v1/webhooks", body);
        await AssertErrorAsync(response, 400, code);
    }

    internal override Task<TestGateway> StartGatewayAsync() =>
        TestGateway.StartAsync(services: static services => services.AddSingleton(new WebhookOptions { AllowHttp = true, AllowPrivateAddresses = true }));

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static async Task<JsonElement> JsonAsync(HttpResponseMessage response)
    {
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonElement.Parse(text);
    }

    private static string Sign(string secret, Received received)
    {
        var content = string.Create(CultureInfo.InvariantCulture, $"{received.Headers["webhook-id"]}.{received.Headers["webhook-timestamp"]}.{received.Body}");
        return "v1," + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(secret["whsec_".Length..]), Encoding.UTF8.GetBytes(content)));
    }

    private async Task<JsonElement> MakeAsync(string url)
    {
        using var made = await PostAsync("/v1/webhooks", $$"""{"url":"{{url}}"}""");
        return await JsonAsync(made);
    }

    private async Task<JsonElement> GetAsync(string path)
    {
        using var response = await Gateway.Http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
        return await JsonAsync(response);
    }

    private async Task<JsonElement> UntilAsync(JsonElement webhook, Func<JsonElement, bool> condition)
    {
        while (true)
        {
            var list = await GetAsync($"/v1/webhooks/{Text(webhook, "id")}/deliveries");
            if (list.GetProperty("data").EnumerateArray().FirstOrDefault() is { ValueKind: JsonValueKind.Object } delivery && condition(delivery))
            {
                return delivery;
            }

            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }
}
