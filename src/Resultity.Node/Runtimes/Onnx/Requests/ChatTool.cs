using System.Text.Json;

namespace Resultity.Node.Runtimes.Onnx.Requests;

/// <summary>A function that the model may call.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Parameters">The JSON schema of its arguments, or null for any object.</param>
/// <param name="Strict">Whether the schema was asked to be followed strictly.</param>
/// <param name="Path">Where its parameters stand in the request.</param>
internal sealed record ChatTool(string Name, JsonElement? Parameters, bool Strict, string Path);

/// <summary>Whether the model calls tools.</summary>
internal enum ToolMode
{
    /// <summary>It writes text only.</summary>
    None,

    /// <summary>It decides.</summary>
    Auto,

    /// <summary>It calls at least one of the tools allowed.</summary>
    Required,
}

/// <summary>The tools of a request and how they may be used.</summary>
/// <param name="All">All tools: what the prompt shows.</param>
/// <param name="Allowed">Those that may be called.</param>
/// <param name="Mode">Whether.</param>
/// <param name="Parallel">Whether one answer may have several calls.</param>
internal sealed record ToolUse(IReadOnlyList<ChatTool> All, IReadOnlyList<ChatTool> Allowed, ToolMode Mode, bool Parallel)
{
    public static ToolUse Nothing { get; } = new([], [], ToolMode.None, true);
}
