using Resultity.Node.Runtimes.Onnx.Requests;
using Resultity.Onnx.Grammars;
using Resultity.Onnx.Templates;

namespace Resultity.Node.Runtimes.Onnx;

/// <summary>Finds the grammar that a request asks for. The last ones are kept: the same schema comes again and again.</summary>
internal sealed class GrammarCache(ToolCallFormat format)
{
    private const int Kept = 32;
    private readonly Lock _gate = new();
    private readonly LinkedList<(string Key, Grammar Grammar)> _recent = [];

    /// <summary>The grammar, or null if any text will do.</summary>
    /// <exception cref="InvalidRequestException">A schema cannot be followed.</exception>
    public Grammar? For(ChatRequest request)
    {
        if (!request.Format.Json && request.Tools.Mode == ToolMode.None) return null;
        var key = Key(request);
        lock (_gate)
        {
            for (var node = _recent.First; node is not null; node = node.Next)
            {
                if (node.Value.Key != key) continue;
                _recent.Remove(node);
                _recent.AddFirst(node);
                return node.Value.Grammar;
            }
        }
        var grammar = Build(request);
        lock (_gate)
        {
            _recent.AddFirst((key, grammar));
            if (_recent.Count > Kept) _recent.RemoveLast();
        }
        return grammar;
    }

    private Grammar Build(ChatRequest request)
    {
        try
        {
            if (request.Tools.Mode == ToolMode.None) return request.Format.Schema is { } schema ? Grammar.FromSchema(schema) : Grammar.JsonObject();
            var tools = request.Tools.Allowed.Select(static tool => new ToolSignature(tool.Name, tool.Parameters, tool.Strict)).ToList();
            if (request.Tools.Mode == ToolMode.Required) return ToolCallGrammar.Required(format, tools, request.Tools.Parallel);
            return request.Format.Json
                ? ToolCallGrammar.OrJson(format, tools, request.Tools.Parallel, request.Format.Schema)
                : ToolCallGrammar.Optional(format, tools, request.Tools.Parallel);
        }
        catch (GrammarException error)
        {
            var schema = request.Format.Json && !error.Message.StartsWith("Function", StringComparison.Ordinal);
            throw new InvalidRequestException(error.Message, schema ? AnswerFormat.SchemaPath : "tools", "invalid_json_schema");
        }
    }

    private static string Key(ChatRequest request) => string.Join('\0',
    [
        request.Tools.Mode.ToString(), request.Tools.Parallel.ToString(), request.Format.Json.ToString(), request.Format.Schema?.GetRawText() ?? "",
        .. request.Tools.Allowed.SelectMany(static tool => new[] { tool.Name, tool.Strict.ToString(), tool.Parameters?.GetRawText() ?? "" }),
    ]);
}
