using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Resultity.Node.Agent;

/// <summary>The node's spans and instruments. They carry models and counts; never prompts or answers.</summary>
public static class NodeTelemetry
{
    /// <summary>The name of the meter and of the activity source.</summary>
    public const string Name = "Resultity.Node";

    private static readonly ActivitySource Source = new(Name);
    private static readonly Meter Meter = new(Name);
    private static readonly UpDownCounter<long> Active = Meter.CreateUpDownCounter<long>("resultity.node.requests.active", "{request}", "Requests that a runtime of this node serves.");

    /// <summary>A request begins on a runtime, as a part of the gateway's trace.</summary>
    internal static Activity? Begin(string path, string model, string runtime, string? traceParent)
    {
        Active.Add(1);
        if (!Source.HasListeners())
        {
            return null;
        }

        var activity = Source.StartActivity("serve " + path, ActivityKind.Server, traceParent);
        activity?.SetTag("gen_ai.request.model", model);
        activity?.SetTag("resultity.runtime", runtime);
        return activity;
    }

    internal static void End(Activity? activity, string? error)
    {
        Active.Add(-1);
        if (activity is not null && error is not null)
        {
            activity.SetStatus(ActivityStatusCode.Error, error);
        }

        activity?.Dispose();
    }
}
