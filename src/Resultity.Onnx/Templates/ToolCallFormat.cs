namespace Resultity.Onnx.Templates;

/// <summary>How a family of models writes tool calls into its answer.</summary>
/// <remarks>
/// In every format a call is a JSON object <c>{"name": …, "arguments": …}</c>, with the key of the arguments and what stands around it differing.
/// </remarks>
public sealed record ToolCallFormat
{
    /// <summary>Hermes, Qwen and many others: each call between two tags, on lines of its own.</summary>
    public static ToolCallFormat Tagged { get; } = new() { Open = "<tool_call>", BeforeCall = "\n", AfterCall = "\n", Close = "</tool_call>" };

    /// <summary>Mistral: one mark, then a list of calls.</summary>
    public static ToolCallFormat Listed { get; } = new() { Open = "[TOOL_CALLS]", BeforeCall = "[", AfterCall = "]", IsList = true };

    /// <summary>Llama 3: the answer is the call.</summary>
    public static ToolCallFormat Bare { get; } = new() { ArgumentsKey = "parameters" };

    /// <summary>What begins a call; empty if the whole answer is one.</summary>
    public string Open { get; init; } = "";

    /// <summary>What stands between <see cref="Open"/> and the call.</summary>
    public string BeforeCall { get; init; } = "";

    /// <summary>What stands between the call and <see cref="Close"/>.</summary>
    public string AfterCall { get; init; } = "";

    /// <summary>What ends a call; empty if nothing does.</summary>
    public string Close { get; init; } = "";

    /// <summary>The key of the arguments.</summary>
    public string ArgumentsKey { get; init; } = "arguments";

    /// <summary>Whether several calls are items of one list instead of each having its own marks.</summary>
    public bool IsList { get; init; }

    /// <summary>Tells the format from a chat template, which writes earlier calls in it.</summary>
    public static ToolCallFormat Detect(ChatTemplate template)
    {
        ArgumentNullException.ThrowIfNull(template);
        if (template.Source.Contains("<tool_call>", StringComparison.Ordinal)) return Tagged;
        if (template.Source.Contains("[TOOL_CALLS]", StringComparison.Ordinal)) return Listed;
        return template.Source.Contains("\"parameters\": ", StringComparison.Ordinal) && template.Source.Contains("<|start_header_id|>", StringComparison.Ordinal) ? Bare : Tagged;
    }
}
