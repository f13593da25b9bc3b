using Microsoft.Extensions.DependencyInjection;
using Resultity.Gateway.Auth;
using Resultity.Gateway.Tests.Kit;
using Resultity.Serving.Admission;
using Resultity.Serving.Stores;

namespace Resultity.Gateway.Tests.Auth;

public sealed class ApiKeyTests : GatewayTest
{
    [Theory]
    [InlineData(null, "missing_api_key")]
    [InlineData("Basic abc", "invalid_authorization_header")]
    [InlineData("Bearer ", "invalid_authorization_header")]
    [InlineData("Bearer rk_wrong", "invalid_api_key")]
    [InlineData("Bearer ключ", "invalid_api_key")]
    public async Task A_wrong_credential_is_a_401_that_says_what_is_expected(string? header, string code)
    {
        await using var raw = await RawConnection.OpenAsync(Gateway.Address);
        var authorization = header is null ? "" : $"Authorization: {header}\r\n";
        await raw.SendAsync(System.Text.Encoding.UTF8.GetBytes($"GET /v1/models HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{authorization}\r\n"));
        var answer = await raw.ReadToEndAsync();
        Assert.StartsWith("HTTP/1.1 401", answer, StringComparison.Ordinal);
        var error = AssertShape(answer[answer.IndexOf('{', StringComparison.Ordinal)..]);
        Assert.Equal(code, error.GetProperty("code").GetString());
    }

    [Fact]
    public async Task A_revoked_key_is_refused_at_once()
    {
        string? id = null;
        var secret = await Gateway.AddKeyAsync("tests", key => key with { Id = id = key.Id });
        using var client = Gateway.ClientWith(secret);
        using (var before = await client.GetAsync("/v1/models"))
        {
            Assert.Equal(200, (int)before.StatusCode);
        }

        await Gateway.Services.GetRequiredService<IApiKeyStore>().RevokeAsync(id!, TimeProvider.System.GetUtcNow(), CancellationToken.None);
        Gateway.Services.GetRequiredService<KeyRing>().Remove(id!);
        using var after = await client.GetAsync("/v1/models");
        await AssertErrorAsync(after, 401, "invalid_api_key");
    }

    [Fact]
    public async Task An_expired_key_says_so()
    {
        var secret = await Gateway.AddKeyAsync("tests", key => key with { ExpiresAt = TimeProvider.System.GetUtcNow() - TimeSpan.FromMinutes(1) });
        using var client = Gateway.ClientWith(secret);
        using var response = await client.GetAsync("/v1/models");
        await AssertErrorAsync(response, 401, "expired_api_key");
    }

    [Fact]
    public async Task A_key_without_the_scope_is_a_403_that_names_it()
    {
        var secret = await Gateway.AddKeyAsync("tests", key => key with { Scopes = ["admin"] });
        using var client = Gateway.ClientWith(secret);
        using var response = await client.GetAsync("/v1/models");
        var error = await AssertErrorAsync(response, 403, "missing_scope");
        Assert.Contains("'inference'", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_that_is_not_allowed_looks_as_if_it_did_not_exist()
    {
        var secret = await Gateway.AddKeyAsync("tests", key => key with { AllowedModels = ["other"] });
        using var client = Gateway.ClientWith(secret);
        using var one = await client.GetAsync($"/v1/models/{TestGateway.Model}");
        await AssertErrorAsync(one, 404, "model_not_found");
        using var chat = await client.PostAsync("/v1/chat/completions", Json(ChatBody));
        await AssertErrorAsync(chat, 404, "model_not_found");
    }

    [Fact]
    public async Task Limits_are_told_in_headers_and_hold()
    {
        var secret = await Gateway.AddKeyAsync("tests", key => key with { Limits = new RateLimits(2, 100_000) });
        using var client = Gateway.ClientWith(secret);
        using (var first = await client.PostAsync("/v1/chat/completions", Json(ChatBody)))
        {
            Assert.Equal(200, (int)first.StatusCode);
            Assert.Equal("2", first.Headers.GetValues("x-ratelimit-limit-requests").Single());
            Assert.Equal("1", first.Headers.GetValues("x-ratelimit-remaining-requests").Single());
            Assert.True(first.Headers.Contains("x-ratelimit-reset-tokens"));
        }

        using (await client.PostAsync("/v1/chat/completions", Json(ChatBody)))
        {
        }

        using var third = await client.PostAsync("/v1/chat/completions", Json(ChatBody));
        await AssertErrorAsync(third, 429, "rate_limit_exceeded");
        Assert.InRange(third.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 120);
        Assert.True(third.Headers.Contains("retry-after-ms"));
    }
}
