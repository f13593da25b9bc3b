using System.Text.Json;
using Resultity.Onnx.Templates.Evaluation;
using Resultity.Onnx.Templates.Syntax;
using Resultity.Onnx.Templates.Values;

namespace Resultity.Onnx.Templates;

/// <summary>
/// A chat template in the Jinja dialect of Hugging Face's transformers, as models carry it.
/// </summary>
/// <remarks>
/// Immutable and thread-safe. Templates come with models and are not trusted: they can compute text and nothing else, within
/// <see cref="TemplateLimits"/>. What the conversation brings in stays marked through every operation, so that only the
/// template's own text is ever read as special tokens.
/// </remarks>
public sealed class ChatTemplate
{
    private readonly Statement _body;
    private readonly string _bos;
    private readonly string _eos;
    private readonly TemplateLimits _limits;
    private readonly TimeProvider _time;
    private readonly HashSet<string> _names;

    private ChatTemplate(string source, string bos, string eos, TemplateLimits? limits, TimeProvider time)
    {
        Source = source;
        _names = [.. Lexer.Tokenize(source).Where(static token => token.Kind == TokenKind.Name).Select(static token => token.Text)];
        _body = StatementParser.Parse(source);
        (_bos, _eos, _limits, _time) = (bos, eos, limits ?? new TemplateLimits(), time);
    }

    /// <summary>The template as written.</summary>
    public string Source { get; }

    /// <summary>Whether the template mentions a variable, such as <c>tools</c>.</summary>
    public bool Mentions(string variable) => _names.Contains(variable);

    /// <summary>
    /// Reads the template of a model's folder: <c>chat_template.jinja</c>, else <c>chat_template</c> in <c>tokenizer_config.json</c>; null if there is none.
    /// </summary>
    /// <exception cref="TemplateException">The template is broken.</exception>
    public static ChatTemplate? Load(string folder, TimeProvider time, TemplateLimits? limits = null)
    {
        var configuration = Path.Combine(folder, "tokenizer_config.json");
        using var document = File.Exists(configuration) ? ReadJson(configuration) : null;
        var root = document?.RootElement;
        var file = Path.Combine(folder, "chat_template.jinja");
        var source = File.Exists(file) ? File.ReadAllText(file) : root is { } found ? Configured(found) : null;
        return source is null ? null : new ChatTemplate(source, TokenText(root, "bos_token"), TokenText(root, "eos_token"), limits, time);
    }

    /// <summary>Parses a template.</summary>
    /// <exception cref="TemplateException">The template is broken.</exception>
    public static ChatTemplate Parse(string source, TimeProvider time, string bosToken = "", string eosToken = "", TemplateLimits? limits = null) =>
        new(source, bosToken, eosToken, limits, time);

    /// <summary>Renders a conversation.</summary>
    /// <exception cref="TemplateException">The template refuses the conversation, fails on it, or goes beyond its limits.</exception>
    public RenderedPrompt Render(ChatPrompt prompt)
    {
        var scope = new Scope(null, new Budget(_limits), _time);
        if (prompt.Variables is { ValueKind: JsonValueKind.Object } variables)
            foreach (var variable in variables.EnumerateObject()) scope.Set(variable.Name, JsonValues.Read(variable.Value));
        scope.Set("messages", JsonValues.Read(prompt.Messages));
        scope.Set("tools", prompt.Tools is { } tools ? JsonValues.Read(tools) : Value.None);
        scope.Set("documents", Value.None);
        scope.Set("add_generation_prompt", Value.Of(prompt.AddGenerationPrompt));
        scope.Set("bos_token", Value.Of(_bos));
        scope.Set("eos_token", Value.Of(_eos));
        var output = new MarkedTextBuilder(4096);
        _body.Execute(scope, output);
        var text = output.ToText();
        return new RenderedPrompt(text.Text, text.Plain.ToArray());
    }

    private static JsonDocument ReadJson(string path)
    {
        try
        {
            return JsonDocument.Parse(File.ReadAllBytes(path));
        }
        catch (JsonException error)
        {
            throw new TemplateException($"'{path}' is broken: {error.Message}", error);
        }
    }

    /// <summary>The template is a text, or a list of named ones, of which "default" is for conversations.</summary>
    private static string? Configured(JsonElement root)
    {
        if (!root.TryGetProperty("chat_template", out var template)) return null;
        if (template.ValueKind == JsonValueKind.String) return template.GetString();
        if (template.ValueKind != JsonValueKind.Array) return null;
        return template.EnumerateArray().FirstOrDefault(static entry => entry.GetProperty("name").ValueEquals("default")) is { ValueKind: JsonValueKind.Object } chosen
            ? chosen.GetProperty("template").GetString()
            : null;
    }

    private static string TokenText(JsonElement? root, string name)
    {
        if (root is not { } found || !found.TryGetProperty(name, out var token)) return "";
        if (token.ValueKind == JsonValueKind.Object && token.TryGetProperty("content", out var content)) return content.GetString() ?? "";
        return token.ValueKind == JsonValueKind.String ? token.GetString()! : "";
    }
}
