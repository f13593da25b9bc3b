using System.Diagnostics;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Resultity.Contracts.Values;
using Resultity.Gateway.Http.Bodies;
using Resultity.Gateway.Tests.Kit;

namespace Resultity.Gateway.Tests.Fuzz;

/// <summary>
/// Bodies made from the shapes and then made wrong: always a 4xx in OpenAI's shape, never a 5xx or a hang, and a healthy server after.
/// </summary>
/// <remarks>Set <c>RESULTITY_FUZZ_SEED</c> for another run and <c>RESULTITY_FUZZ_SECONDS</c> for a longer one; a failure names its seed.</remarks>
public sealed class FuzzTests : GatewayTest
{
    private static readonly int FirstSeed = Setting("RESULTITY_FUZZ_SEED", 20_000);
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(Setting("RESULTITY_FUZZ_SECONDS", 12));

    [Fact]
    public async Task Wrong_bodies_are_refused_and_right_ones_are_answered()
    {
        await Upstream.SetAsync("chunks=1");
        var shapes = Gateway.Services.GetServices<BodyShape>().Where(static shape => !shape.Endpoint.IsMedia && shape.Endpoint != InferenceEndpoint.Moderations && shape.Endpoint != InferenceEndpoint.Rerank).ToArray();
        Assert.Equal(3, shapes.Length);
        var watch = Stopwatch.StartNew();
        var (seed, refused, answered) = (FirstSeed, 0, 0);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => RunAsync()));
        Assert.InRange(refused, 20, int.MaxValue);
        Assert.InRange(answered, 20, int.MaxValue);
        await Upstream.WaitForAsync("running", 0);
        using var after = await PostAsync("/v1/chat/completions", ChatBody);
        Assert.Equal(200, (int)after.StatusCode);

        async Task RunAsync()
        {
            while (watch.Elapsed < Limit && Interlocked.Increment(ref seed) is var mine && mine < FirstSeed + 3000)
            {
                var shape = shapes[mine % shapes.Length];
                var right = await CheckAsync(mine, shape, mutate: mine % 4 != 0);
                Interlocked.Increment(ref right ? ref answered : ref refused);
            }
        }
    }

    [Fact]
    public void The_scan_agrees_with_itself_and_never_throws()
    {
        var shapes = Gateway.Services.GetServices<BodyShape>().ToArray();
        for (var seed = FirstSeed; seed < FirstSeed + 20_000; seed++)
        {
            var body = Make(seed, shapes[seed % shapes.Length], mutate: seed % 4 != 0);
            var copy = new byte[body.Length + 64];
            body.CopyTo(copy, 32);
            var one = BodyScan.Read(body, shapes[seed % shapes.Length]);
            var two = BodyScan.Read(copy.AsSpan(32, body.Length), shapes[seed % shapes.Length]);
            Assert.Equal(one.Fault, two.Fault);
        }
    }

    private static byte[] Make(int seed, BodyShape shape, bool mutate)
    {
        var random = new Random(seed);
        var body = new BodyWriter(random);
        body.Write(shape.Root);
        return mutate ? Mutations.Apply(random, body) : Encoding.UTF8.GetBytes(body.Text);
    }

    private async Task<bool> CheckAsync(int seed, BodyShape shape, bool mutate)
    {
        var body = Make(seed, shape, mutate);
        var expected = BodyScan.Read(body, shape);
        using var content = new ByteArrayContent(body);
        content.Headers.ContentType = new("application/json");
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var response = await Gateway.Http.PostAsync(shape.Endpoint.Path, content, patience.Token);
        var answer = await response.Content.ReadAsStringAsync(patience.Token);
        var status = (int)response.StatusCode;
        var told = $"seed {seed}: {status} {answer} for {Encoding.UTF8.GetString(body.AsSpan(0, Math.Min(body.Length, 2000)))}";
        if (expected.TryGet(out var envelope, out var fault))
        {
            // Of several models one may be known; a vote may lack its quorum, and a short time may be over.
            Assert.True(envelope.Multimodel is not null ? status is 200 or 404 or 409 or 504 : status == (envelope.Model == TestGateway.Model ? 200 : 404), told);
            return true;
        }

        Assert.True(status == 400, told);
        var error = AssertShape(answer);
        Assert.True(error.GetProperty("param").GetString() == fault.Param, told);
        return false;
    }

    private static int Setting(string name, int value) =>
        int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var given) ? given : value;
}
