namespace Resultity.Gateway.Tests.Admin;

/// <summary>Names that stand for several models: given, listed, kept and taken away by the operator.</summary>
public sealed class MultimodelNameTests
{
    [Fact]
    public async Task A_name_is_kept_over_a_restart_and_can_be_taken_away()
    {
        var gateway = await AdminGateway.StartAsync();
        var (status, made) = await gateway.SendAsync(
            HttpMethod.Post, "/admin/v1/multimodels", """{"name":"team/fast","mode":"hedge","models":["a",{"model":"b","temperature":0.5}],"hedge_ms":250}""");
        Assert.Equal(201, status);
        Assert.Equal("""{"mode":"hedge","models":["a",{"model":"b","temperature":0.5}],"hedge_ms":250}""", made["multimodel"]!.ToJsonString());
        await gateway.StopAsync();

        await using var again = await AdminGateway.StartAsync(gateway.Folder);
        var (_, list) = await again.SendAsync(HttpMethod.Get, "/admin/v1/multimodels");
        Assert.Equal("team/fast", Assert.Single(list["data"]!.AsArray())!["id"]!.GetValue<string>());
        Assert.Equal(200, (await again.SendAsync(HttpMethod.Delete, "/admin/v1/multimodels/team%2Ffast")).Status);
        Assert.Equal(404, (await again.SendAsync(HttpMethod.Delete, "/admin/v1/multimodels/team%2Ffast")).Status);
    }

    [Theory]
    [InlineData("""{"name":"x"}""", "models")]
    [InlineData("""{"models":["a"]}""", "name")]
    [InlineData("""{"name":"a+b","models":["a"]}""", "name")]
    [InlineData("""{"name":"x","models":["a","b+c"]}""", "models[1]")]
    [InlineData("""{"name":"x","mode":"judge","models":["a"]}""", "judge")]
    public async Task What_cannot_be_right_is_refused_with_its_place(string body, string param)
    {
        await using var gateway = await AdminGateway.StartAsync();
        var (status, answer) = await gateway.SendAsync(HttpMethod.Post, "/admin/v1/multimodels", body);
        Assert.Equal((400, param), (status, (string?)answer["error"]!["param"]));
    }

    [Fact]
    public async Task Only_the_operator_names_models()
    {
        await using var gateway = await AdminGateway.StartAsync();
        Assert.Equal(403, (await gateway.SendAsync(HttpMethod.Get, "/admin/v1/multimodels", client: gateway.Client(AdminGateway.ApiKey))).Status);
    }
}
