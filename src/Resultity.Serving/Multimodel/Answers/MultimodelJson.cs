using System.Text.Json.Nodes;
using Resultity.Contracts.Values;
using Resultity.Serving.Multimodel.Members;
using Resultity.Serving.Multimodel.Plans;

namespace Resultity.Serving.Multimodel.Answers;

/// <summary>What answers say about the several models behind them.</summary>
internal static class MultimodelJson
{
    /// <summary>The <c>multimodel</c> block.</summary>
    public static JsonObject Block(ParallelCall call)
    {
        var block = new JsonObject
        {
            ["mode"] = call.Spec.Mode.Name(),
            ["members"] = new JsonArray([.. call.Members.Select(Of)]),
        };
        if (call.Decision is { } decision)
        {
            block["decision"] = decision.ToJson();
        }

        return block;
    }

    /// <summary>The <c>failed_models</c> list.</summary>
    public static JsonArray FailedModels(IReadOnlyList<FailedModel> failed) =>
        new([.. failed.Select(static one => new JsonObject { ["model"] = one.Model, ["reason"] = one.Reason.Code, ["message"] = one.Reason.Message })]);

    /// <summary>A fault.</summary>
    public static JsonObject Error(Fault fault) =>
        new() { ["message"] = fault.Message, ["type"] = fault.Kind.TypeName(), ["param"] = fault.Param, ["code"] = fault.Code };

    /// <summary>Counts of tokens, in chat's words.</summary>
    public static JsonObject Usage(Usage usage)
    {
        var json = new JsonObject { ["prompt_tokens"] = usage.InputTokens, ["completion_tokens"] = usage.OutputTokens, ["total_tokens"] = usage.TotalTokens };
        if (usage.CachedTokens > 0)
        {
            json["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = usage.CachedTokens };
        }

        return json;
    }

    /// <summary>One member: whom it asked, where, how it ended and what it cost.</summary>
    public static JsonObject Of(Member member)
    {
        var json = new JsonObject
        {
            ["model"] = member.Model,
            ["node"] = member.NodeId,
            ["status"] = Name(member.Status),
            ["error"] = member.Status is MemberStatus.Failed or MemberStatus.TimedOut ? Error(member.Fault!) : null,
            ["usage"] = Usage(member.Usage),
            ["ttft_ms"] = Milliseconds(member.FirstToken),
            ["latency_ms"] = Milliseconds(member.Latency),
        };
        if (member.Failed.Count > 0)
        {
            json["failed_models"] = FailedModels(member.Failed);
        }

        return json;
    }

    public static string Name(MemberStatus status) => status switch
    {
        MemberStatus.NotStarted => "not_started",
        MemberStatus.Running => "running",
        MemberStatus.Completed => "completed",
        MemberStatus.Failed => "failed",
        MemberStatus.TimedOut => "timed_out",
        _ => "cancelled",
    };

    private static double? Milliseconds(TimeSpan? time) => time is { } known ? Math.Round(known.TotalMilliseconds, 1) : null;
}
