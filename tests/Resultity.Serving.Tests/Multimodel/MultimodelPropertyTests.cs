using System.Text.Json;
using Resultity.Contracts.Values;
using Resultity.Serving.Pipeline;
using Resultity.Serving.Tests.Pipeline;
using Xunit;

namespace Resultity.Serving.Tests.Multimodel;

/// <summary>Random calls whose members fail before, during or after their output, or stall, or whose client leaves.</summary>
public sealed class MultimodelPropertyTests
{
    private const string Whole = "t0t1t2t3t4t5";

    private static readonly Fate[] Fates = Enum.GetValues<Fate>();

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 60)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task Whatever_members_do_the_outcome_is_as_promised_and_nothing_leaks(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 5; round++)
        {
            var harness = new MultimodelHarness();
            var fates = Enumerable.Range(0, random.Next(2, 6)).Select(_ => random.Next(3) == 0 ? Fate.Answers : Fates[random.Next(Fates.Length)]).ToArray();
            for (var i = 0; i < fates.Length; i++)
            {
                harness.Add("m" + i, fates[i], random);
            }

            var mode = random.Next(4) switch { 0 => "first", 1 => "hedge", 2 => "vote", _ => "all" };
            var stream = random.Next(2) == 0;
            var needed = mode is "all" or "vote" ? random.Next(1, fates.Length + 1) : 1;
            var spec = $$"""{"mode":"{{mode}}","models":[{{string.Join(',', fates.Select(static (_, i) => $"\"m{i}\""))}}],"timeout_ms":250{{(mode == "hedge" ? ",\"hedge_ms\":5" : "")}}{{(needed > 1 ? $",\"min_success\":{needed}" : "")}}}""";
            var told = $"seed {seed}, round {round}: {mode} {(stream ? "streamed" : "whole")} {needed} of {string.Join(',', fates)}";
            using var leave = new CancellationTokenSource();
            var leaves = random.Next(6) == 0;
            if (leaves)
            {
                leave.CancelAfter(random.Next(12));
            }

            var outcome = await harness.Pipeline.Pipeline.StartAsync(MultimodelHarness.Request(spec, stream), leave.Token);
            var usage = default(Usage);
            if (outcome.TryGet(out var answer, out var fault))
            {
                await using (answer)
                {
                    var events = answer.IsEventStream ? await PipelineHarness.ReadAllAsync(answer) : [];
                    if (!leaves)
                    {
                        Check(mode, fates, needed, answer, events, told);
                    }

                    // As much as the holder can know; a client that leaves is not told.
                    usage = leaves ? default : answer.Usage;
                }
            }
            else if (!leaves)
            {
                Assert.True(mode is "first" or "hedge" ? !fates.Contains(Fate.Answers) : fates.Count(static fate => fate == Fate.Answers) < needed, $"{told}: {fault}");
                Assert.True(fault.Kind is not (FaultKind.Cancelled or FaultKind.Internal), $"{told}: {fault}");
            }

            Assert.True(harness.Pipeline.Running == 0, $"{told}: a slot leaked");
            Assert.True(harness.AllExchangesAreClosed, $"{told}: an exchange leaked");
            if (!leaves && answer is not null)
            {
                var metered = harness.Pipeline.Usage.Aggregate(default(Usage), static (sum, entry) => sum + entry.Usage);
                Assert.True(metered == usage, $"{told}: {metered} was metered, {usage} was told");
            }
        }
    }

    private static void Check(string mode, Fate[] fates, int needed, InferenceAnswer answer, List<string> events, string told)
    {
        var last = JsonElement.Parse(answer.IsEventStream ? events[^1] : System.Text.Encoding.UTF8.GetString(answer.Body.Span));
        var statuses = last.GetProperty("multimodel").GetProperty("members").EnumerateArray().Select(static member => member.GetProperty("status").GetString()!).ToArray();
        for (var i = 0; i < fates.Length; i++)
        {
            string[] possible = (fates[i], mode) switch
            {
                (Fate.Answers, "all" or "vote") => ["completed"],
                (Fate.Answers, _) => ["completed", "cancelled", "not_started"],
                (Fate.Stalls, "all" or "vote") => ["timed_out"],
                (Fate.Stalls, _) => ["timed_out", "cancelled", "not_started"],
                (_, "all" or "vote") => ["failed"],
                _ => ["failed", "cancelled", "not_started"],
            };
            Assert.True(possible.Contains(statuses[i]), $"{told}: member {i} is {statuses[i]}");
        }

        var texts = Texts(answer, events, last);
        var good = fates.Count(static fate => fate == Fate.Answers);
        if (mode == "all")
        {
            Assert.True((answer.Fault is null) == (good >= needed), $"{told}: {answer.Fault}");
            for (var i = 0; i < fates.Length && answer.IsEventStream; i++)
            {
                Assert.True(fates[i] != Fate.Answers || texts.GetValueOrDefault(i) == Whole, $"{told}: member {i} said {texts.GetValueOrDefault(i)}");
            }

            Assert.True(answer.IsEventStream || (texts.Count == good && texts.Values.All(static text => text == Whole)), told);
        }
        else
        {
            Assert.True(answer.Fault is not null || texts[0] == Whole, $"{told}: {texts[0]}");
            Assert.True(answer.Fault is null || answer.IsEventStream, told);
        }
    }

    private static Dictionary<int, string> Texts(InferenceAnswer answer, List<string> events, JsonElement whole)
    {
        var texts = new Dictionary<int, string>();
        foreach (var choice in (answer.IsEventStream ? events.Select(static one => JsonElement.Parse(one)) : [whole]).SelectMany(static one => one.GetProperty("choices").EnumerateArray()))
        {
            var part = choice.GetProperty(answer.IsEventStream ? "delta" : "message");
            var index = choice.GetProperty("index").GetInt32();
            texts[index] = texts.GetValueOrDefault(index) + (part.TryGetProperty("content", out var text) ? text.GetString() : "");
        }

        return texts;
    }
}
