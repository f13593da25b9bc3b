using System.Text.Json;

namespace Resultity.Node.Runtimes.Onnx.Requests;

/// <summary>Reads <c>tools</c>, <c>tool_choice</c> and <c>parallel_tool_calls</c>.</summary>
internal static class ToolsReader
{
    private const int MaxTools = 128;

    public static ToolUse Read(RequestFields fields)
    {
        var tools = new List<ChatTool>();
        foreach (var item in fields.List("tools", MaxTools) ?? []) tools.Add(ReadTool(RequestFields.Of(item, $"tools[{tools.Count}]")));
        if (tools.GroupBy(static tool => tool.Name).FirstOrDefault(static group => group.Count() > 1) is { } twice)
            throw new InvalidRequestException($"Two tools are named '{twice.Key}'.", "tools");
        if (tools.Count == 0)
        {
            if (fields.Member("tool_choice") is { } choice && !(choice.ValueKind == JsonValueKind.String && (choice.ValueEquals("none") || choice.ValueEquals("auto"))))
                throw new InvalidRequestException("'tool_choice' is allowed only with 'tools'.", "tool_choice");
            return ToolUse.Nothing;
        }
        var (allowed, mode) = ReadChoice(fields, tools);
        return new ToolUse(tools, allowed, mode, fields.Flag("parallel_tool_calls", true));
    }

    private static ChatTool ReadTool(RequestFields tool)
    {
        tool.Choice("type", "", "function");
        var function = tool.Object("function") ?? throw tool.Missing("function");
        var name = function.RequiredText("name");
        if (name.Length is 0 or > 64 || name.Any(static character => !char.IsAsciiLetterOrDigit(character) && character is not ('_' or '-' or '.')))
            throw new InvalidRequestException($"'{function.PathOf("name")}' must have 1 to 64 of the characters a-z, A-Z, 0-9, '_', '-' and '.'.", function.PathOf("name"));
        function.Text("description");
        return new ChatTool(name, function.Object("parameters")?.Element, function.Flag("strict"), function.PathOf("parameters"));
    }

    private static (IReadOnlyList<ChatTool>, ToolMode) ReadChoice(RequestFields fields, List<ChatTool> tools)
    {
        if (fields.Member("tool_choice") is not { } choice) return (tools, ToolMode.Auto);
        if (choice.ValueKind == JsonValueKind.String)
        {
            return fields.Choice("tool_choice", "auto", "none", "auto", "required") switch
            {
                "none" => ([], ToolMode.None),
                "auto" => (tools, ToolMode.Auto),
                _ => (tools, ToolMode.Required),
            };
        }
        var named = RequestFields.Of(choice, "tool_choice");
        if (named.Choice("type", "", "function", "allowed_tools") == "function") return ([Find(named, tools)], ToolMode.Required);
        var allowed = named.Object("allowed_tools") ?? throw named.Missing("allowed_tools");
        var list = (allowed.List("tools", MaxTools) ?? throw allowed.Missing("tools")).Select((item, at) => Find(RequestFields.Of(item, $"{allowed.PathOf("tools")}[{at}]"), tools)).ToList();
        if (list.Count == 0) throw new InvalidRequestException($"'{allowed.PathOf("tools")}' is empty.", allowed.PathOf("tools"));
        return (list, allowed.Choice("mode", "auto", "auto", "required") == "auto" ? ToolMode.Auto : ToolMode.Required);
    }

    private static ChatTool Find(RequestFields choice, List<ChatTool> tools)
    {
        var function = choice.Object("function") ?? throw choice.Missing("function");
        var name = function.RequiredText("name");
        return tools.FirstOrDefault(tool => tool.Name == name)
            ?? throw new InvalidRequestException($"'{function.PathOf("name")}' is '{RequestFields.Shortened(name)}', which is none of the tools.", function.PathOf("name"));
    }
}
