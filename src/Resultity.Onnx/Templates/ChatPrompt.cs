using System.Text.Json;

namespace Resultity.Onnx.Templates;

/// <summary>What a chat template is given.</summary>
public sealed record ChatPrompt
{
    /// <summary>The conversation: a list of messages in OpenAI's shape.</summary>
    public required JsonElement Messages { get; init; }

    /// <summary>The tools in OpenAI's shape, or null.</summary>
    public JsonElement? Tools { get; init; }

    /// <summary>Whether the prompt ends where the assistant's answer begins.</summary>
    public bool AddGenerationPrompt { get; init; } = true;

    /// <summary>More variables for the template (<c>chat_template_kwargs</c>), an object or null.</summary>
    public JsonElement? Variables { get; init; }
}
