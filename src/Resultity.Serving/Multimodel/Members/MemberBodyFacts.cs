using System.Text.Json;
using Resultity.Serving.Pipeline;

namespace Resultity.Serving.Multimodel.Members;

/// <summary>What a call of several models must know of the body beside what the envelope says.</summary>
internal static class MemberBodyFacts
{
    /// <summary>How many choices each member was asked for: <c>n</c> of each prompt.</summary>
    public static int Choices(InferenceRequest request)
    {
        var (n, prompts) = (1, 1);
        ReadTop(request, (name, value) =>
        {
            if (name == "n" && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number))
            {
                n = Math.Max(1, number);
            }
            else if (name == "prompt" && value.ValueKind == JsonValueKind.Array && value.EnumerateArray().FirstOrDefault().ValueKind is JsonValueKind.String or JsonValueKind.Array)
            {
                prompts = value.GetArrayLength();
            }
        });
        return n * prompts;
    }

    /// <summary>Whether the answer is to be JSON (<c>response_format</c>).</summary>
    public static bool AsksForJson(InferenceRequest request)
    {
        var asks = false;
        ReadTop(request, (name, value) =>
        {
            asks |= name == "response_format" && value.ValueKind == JsonValueKind.Object && value.TryGetProperty("type", out var type)
                && type.ValueKind == JsonValueKind.String && type.GetString() is "json_object" or "json_schema";
        });
        return asks;
    }

    /// <summary>What the members were asked, as text for a judge; <see langword="null"/> if it is not text.</summary>
    public static JsonElement? Question(InferenceRequest request)
    {
        JsonElement? question = null;
        ReadTop(request, (name, value) =>
        {
            if (name is "messages" or "prompt")
            {
                question = value.Clone();
            }
        });
        return question;
    }

    /// <summary>A field's text, of a JSON body as of a form; <see langword="null"/> if there is none.</summary>
    public static string? Text(InferenceRequest request, string field)
    {
        if (!MemberRequest.IsJson(request))
        {
            return MemberForm.Read(request.Body, request.ContentType, field);
        }

        string? text = null;
        ReadTop(request, (name, value) => text = name == field && value.ValueKind == JsonValueKind.String ? value.GetString() : text);
        return text;
    }

    private static void ReadTop(InferenceRequest request, Action<string, JsonElement> read)
    {
        if (!MemberRequest.IsJson(request))
        {
            return;
        }

        using var document = JsonDocument.Parse(request.Body);
        foreach (var property in document.RootElement.EnumerateObject())
        {
            read(property.Name, property.Value);
        }
    }
}
