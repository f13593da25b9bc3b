using Resultity.Contracts.Values;
using Resultity.Gateway.Http.Forms;
using Resultity.Gateway.Http.Shapes;

namespace Resultity.Gateway.Http.Bodies;

/// <summary>Rules between fields, after each field by itself was found right.</summary>
/// <returns><see langword="false"/> if the scan was failed.</returns>
internal delegate bool BodyRule(ref Scan scan);

/// <summary>A question to what was captured.</summary>
internal delegate bool CapturesTest(in Captures captures);

/// <summary>The body of one inference endpoint: what it looks like, and what its parts mean to the gateway.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Root">The body's shape.</param>
/// <param name="Rule">Rules between fields.</param>
/// <param name="IsPlainText">Whether the captured values ask for one plain text.</param>
internal sealed record BodyShape(InferenceEndpoint Endpoint, ObjectShape Root, BodyRule Rule, CapturesTest IsPlainText)
{
    /// <summary>The body as a form, if the endpoint takes one beside JSON.</summary>
    public FormShape? Form { get; init; }
}
