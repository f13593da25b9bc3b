using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Resultity.Gateway.Tests.Kit;
using Resultity.TestKit.Speech;

namespace Resultity.Gateway.Tests.Multimodel;

/// <summary>Several models that hear or speak: forms that name them, answers that are sounds.</summary>
public sealed class AudioTests : IAsyncLifetime
{
    private const string Transcriptions = "/v1/audio/transcriptions";
    private const string Speech = "/v1/audio/speech";
    private readonly List<string> _seen = [];
    private MediaNode _a = null!;
    private MediaNode _b = null!;
    private TestGateway _gateway = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _a = await MediaNode.StartAsync();
        _b = await MediaNode.StartAsync();
        _a.Answer = _b.Answer = HearAsync;
        _gateway = await TestGateway.StartAsync();
        _gateway.AddNode("node-a", _a.Address, models: "a");
        _gateway.AddNode("node-b", _b.Address, models: "b");
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _a.DisposeAsync();
        await _b.DisposeAsync();
    }

    [Fact]
    public async Task A_form_names_several_models_by_one_field_that_is_given_several_times()
    {
        _a.Answer = static context => { context.Response.StatusCode = 500; return Task.CompletedTask; };

        var answer = await HearAsync(("models", "a"), ("models", "b"), ("language", "en"));

        Assert.Equal("b heard 3 bytes in en", answer.GetProperty("text").GetString());
        Assert.Equal("a", answer.GetProperty("failed_models")[0].GetProperty("model").GetString());
        Assert.Equal(["file language model"], _seen);
    }

    [Fact]
    public async Task A_form_has_a_field_for_modes_and_for_what_each_member_sees_otherwise()
    {
        var answer = await HearAsync(("language", "en"), ("multimodel", """{"mode":"all","models":["a",{"model":"b","language":"de","temperature":0.5}]}"""));

        Assert.Equal(["a heard 3 bytes in en", "b heard 3 bytes in de"], answer.GetProperty("results").EnumerateArray().Select(static one => one.GetProperty("text").GetString()));
        Assert.Equal(["a completed", "b completed"], MultimodelTest.Statuses(answer));
        Assert.Equal(["file language model", "file language model temperature"], _seen.Order());
    }

    [Fact]
    public async Task A_vote_is_taken_on_what_was_heard()
    {
        _gateway.AddNode("node-b", _b.Address, models: ["b", "c"]);
        _a.Answer = static context => context.Response.WriteAsJsonAsync(new { text = "A red circle." });
        _b.Answer = static context => context.Response.WriteAsJsonAsync(new { text = "a red circle" });

        var answer = await HearAsync(("multimodel", """{"mode":"vote","models":["a","b","c"]}"""));

        Assert.Equal("A red circle.", answer.GetProperty("text").GetString());
        Assert.Equal(3, answer.GetProperty("multimodel").GetProperty("decision").GetProperty("votes").GetInt32());
    }

    [Theory]
    [InlineData("models", "[\"a\",7]", "models[1]")]
    [InlineData("models", "a", "models")]
    [InlineData("multimodel", "both", "multimodel")]
    [InlineData("multimodel", "{\"mode\":\"best\",\"models\":[\"a\"]}", "multimodel.mode")]
    [InlineData("multimodel", "{\"models\":[\"a\",{\"model\":\"b\",\"file\":\"x\"}]}", "multimodel.models[1].file")]
    public async Task Mistakes_in_a_form_are_refused_with_their_place(string field, string value, string param)
    {
        using var form = SoundForm.Of([1, 2, 3], "a.wav", (field, value));
        using var response = await _gateway.Http.PostAsync(Transcriptions, form, Stop);

        Assert.Equal((HttpStatusCode.BadRequest, param), (response.StatusCode, (await response.Content.ReadFromJsonAsync<JsonElement>(Stop)).GetProperty("error").GetProperty("param").GetString()));
        Assert.Empty(_seen);
    }

    [Fact]
    public async Task Formats_that_hold_one_text_are_for_one_answer()
    {
        using var all = SoundForm.Of([1, 2, 3], "a.wav", ("model", "a+b"), ("response_format", "srt"));
        using var refused = await _gateway.Http.PostAsync(Transcriptions, all, Stop);
        var error = await GatewayTest.AssertErrorAsync(refused, 400, "invalid_parameter_combination");
        Assert.Equal("response_format", error.GetProperty("param").GetString());

        using var first = SoundForm.Of([1, 2, 3], "a.wav", ("multimodel", """{"mode":"hedge","models":["a","b"],"hedge_ms":60000}"""), ("response_format", "srt"));
        using var response = await _gateway.Http.PostAsync(Transcriptions, first, Stop);
        Assert.Equal("a heard 3 bytes in ", await response.Content.ReadAsStringAsync(Stop));
    }

    [Theory]
    [InlineData("""{"model":"a+b"}""", "model")]
    [InlineData("""{"multimodel":{"mode":"all","models":["a","b"]}}""", "multimodel.mode")]
    [InlineData("""{"multimodel":{"mode":"vote","models":["a","b"]}}""", "multimodel.mode")]
    [InlineData("""{"multimodel":{"mode":"judge","judge":"a","models":["a","b"]}}""", "multimodel.mode")]
    public async Task An_answer_holds_one_sound(string models, string param)
    {
        using var response = await SpeakAsync(models);

        var error = await GatewayTest.AssertErrorAsync(response, 400, "invalid_value");
        Assert.Equal(param, error.GetProperty("param").GetString());
        Assert.Contains("one sound", error.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"model":"a|b"}""")]
    [InlineData("""{"models":["a","b"]}""")]
    [InlineData("""{"multimodel":{"mode":"first","models":["a","b"]}}""")]
    [InlineData("""{"multimodel":{"mode":"hedge","models":["a","b"],"hedge_ms":60000}}""")]
    public async Task One_of_several_models_speaks(string models)
    {
        var sound = Enumerable.Range(0, 300_000).Select(static i => (byte)(i * 7)).ToArray();
        _a.Answer = static context => { context.Response.StatusCode = 500; return Task.CompletedTask; };
        _b.Answer = async context =>
        {
            context.Response.ContentType = "audio/mpeg";
            await context.Response.Body.WriteAsync(sound);
        };

        using var response = await SpeakAsync(models);

        Assert.Equal("audio/mpeg", response.Content.Headers.ContentType?.ToString());
        Assert.Equal(sound, await response.Content.ReadAsByteArrayAsync(Stop));
        Assert.Equal("b", response.Headers.GetValues("x-resultity-model").Single());
    }

    [Fact]
    public async Task The_loser_of_a_race_to_speak_is_stopped()
    {
        var (asked, stopped) = (new TaskCompletionSource(), new TaskCompletionSource());
        _a.Answer = async context =>
        {
            await asked.Task;
            context.Response.ContentType = "audio/mpeg";
            await context.Response.Body.WriteAsync(new byte[3]);
        };
        _b.Answer = async context =>
        {
            using var gone = context.RequestAborted.UnsafeRegister(static state => ((TaskCompletionSource)state!).SetResult(), stopped);
            asked.SetResult();
            await stopped.Task;
        };

        using var response = await SpeakAsync("""{"multimodel":{"mode":"first","models":["b","a"]}}""");

        Assert.Equal(new byte[3], await response.Content.ReadAsByteArrayAsync(Stop));
        await stopped.Task.WaitAsync(TimeSpan.FromSeconds(30), Stop);
    }

    private async Task<JsonElement> HearAsync(params (string Name, string Value)[] fields)
    {
        using var form = SoundForm.Of([1, 2, 3], "a.wav", fields);
        using var response = await _gateway.Http.PostAsync(Transcriptions, form, Stop);
        var text = await response.Content.ReadAsStringAsync(Stop);
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonElement.Parse(text);
    }

    private Task<HttpResponseMessage> SpeakAsync(string models) =>
        _gateway.Http.PostAsync(Speech, GatewayTest.Json("{\"input\":\"Hello\",\"voice\":\"alloy\"," + models[1..]), Stop);

    private async Task HearAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync();
        lock (_seen) _seen.Add(string.Join(' ', form.Keys.Concat(form.Files.Select(static file => file.Name)).Order()));
        var text = $"{form["model"]} heard {form.Files.Single().Length} bytes in {form["language"]}";
        if (!form.ContainsKey("response_format"))
        {
            await context.Response.WriteAsJsonAsync(new { text });
            return;
        }

        context.Response.ContentType = "text/plain; charset=utf-8";
        await context.Response.WriteAsync(text);
    }
}
