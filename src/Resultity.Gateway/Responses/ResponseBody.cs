using Resultity.Contracts.Values;
using Resultity.Gateway.Http.Bodies;
using Resultity.Gateway.Http.Shapes;
using static Resultity.Gateway.Http.Shapes.SharedShapes;

namespace Resultity.Gateway.Responses;

/// <summary>The body of <c>POST /v1/responses</c>, after OpenAI's published schema. Items of the input have rules of their own: see <see cref="InputItems"/>.</summary>
internal static class ResponseBody
{
    private const string NameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

    private static readonly StringShape Name = new(1, 64) { Characters = NameCharacters };

    private static readonly ObjectShape NamedFunction = new(
        new Field("type", new EnumShape("function")) { Required = true }, new Field("name", StringShape.Any) { Required = true });

    /// <summary>The body's shape. A response is answered by a chat completion, so that is the endpoint it belongs to.</summary>
    public static BodyShape Shape { get; } = new(InferenceEndpoint.ChatCompletions, Root(), ModelRule.Check, static (in _) => false);

    private static ObjectShape Root() => new(
    [
        .. MultimodelShapes.Models(),
        new("input", new UnionShape([StringShape.Any, new ArrayShape(AnyShape.Object), NullShape.Instance])),
        new("instructions", NullableString),
        new("stream", NullableBool) { Slot = Slot.Stream },
        new("stream_options", AnyShape.ObjectOrNull),
        new("background", NullableBool),
        new("store", NullableBool),
        new("previous_response_id", NullableString),
        new("include", new ArrayShape(Includable()).OrNull()),
        new("max_output_tokens", new IntegerShape(1, int.MaxValue).OrNull()),
        new("max_tool_calls", new IntegerShape(1, int.MaxValue).OrNull()),
        new("temperature", new NumberShape(0, 2).OrNull()),
        new("top_p", new NumberShape(0, 1).OrNull()),
        new("top_logprobs", new IntegerShape(0, 20).OrNull()),
        new("truncation", new EnumShape("auto", "disabled").OrNull()),
        new("parallel_tool_calls", NullableBool),
        new("tools", new ArrayShape(Tool(), 0, 128).OrNull()),
        new("tool_choice", ToolChoice()),
        new("text", Text().OrNull()),
        new("reasoning", Reasoning().OrNull()),
        new("metadata", new MapShape(new StringShape(0, 512), 16, 64).OrNull()),
        new("user", new StringShape(0, 512).OrNull()),
        new("safety_identifier", new StringShape(0, 512).OrNull()),
        new("prompt_cache_key", new StringShape(0, 1024).OrNull()),
        new("service_tier", new EnumShape("auto", "default", "flex", "priority", "scale").OrNull()),
    ]);

    private static EnumShape Includable() => new(
        "message.output_text.logprobs",
        "reasoning.encrypted_content",
        "message.input_image.image_url",
        "file_search_call.results",
        "web_search_call.results",
        "web_search_call.action.sources",
        "computer_call_output.output.image_url",
        "code_interpreter_call.outputs");

    private static ObjectShape Tool() => new(
        new Field("type", new StringShape { Description = "Only `function`: tools are run by the caller." }) { Required = true },
        new Field("name", Name),
        new Field("description", NullableString),
        new Field("parameters", AnyShape.ObjectOrNull),
        new Field("strict", NullableBool));

    private static UnionShape ToolChoice() => new(
    [
        new EnumShape("none", "auto", "required"),
        new TaggedShape(
            "type",
            new Case("function", NamedFunction),
            new Case("allowed_tools", new ObjectShape(
                new Field("type", new EnumShape("allowed_tools")) { Required = true },
                new Field("mode", new EnumShape("auto", "required")) { Required = true },
                new Field("tools", new ArrayShape(NamedFunction)) { Required = true }))),
        NullShape.Instance,
    ]);

    private static ObjectShape Text() => new(
        new Field("verbosity", new EnumShape("low", "medium", "high").OrNull()),
        new Field("format", new TaggedShape(
            "type",
            Plain("text"),
            Plain("json_object"),
            new Case("json_schema", new ObjectShape(
                new Field("type", new EnumShape("json_schema")) { Required = true },
                new Field("name", Name) { Required = true },
                new Field("description", NullableString),
                new Field("schema", AnyShape.Object) { Required = true },
                new Field("strict", NullableBool)))).OrNull()));

    private static ObjectShape Reasoning() => new(
        new Field("effort", new EnumShape("none", "minimal", "low", "medium", "high", "xhigh", "max").OrNull()),
        new Field("summary", new EnumShape("auto", "concise", "detailed").OrNull()));

    private static Case Plain(string type) => new(type, new ObjectShape(new Field("type", new EnumShape(type)) { Required = true }));
}
