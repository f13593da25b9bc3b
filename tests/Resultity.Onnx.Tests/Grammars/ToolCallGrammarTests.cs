using System.Text.Json;
using Resultity.Onnx.Grammars;
using Resultity.Onnx.Templates;
using Xunit;

namespace Resultity.Onnx.Tests.Grammars;

public sealed class ToolCallGrammarTests
{
    private static readonly ToolSignature Weather = new("get_weather", JsonDocument.Parse("""{"type":"object","properties":{"city":{"type":"string","maxLength":8},"days":{"type":"integer","minimum":1,"maximum":7}},"required":["city"],"additionalProperties":false}""").RootElement, true);
    private static readonly ToolSignature Clock = new("clock", null, false);

    [Theory]
    [InlineData("<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Oslo\"}}\n</tool_call>", true)]
    [InlineData("<tool_call>\n{\"name\": \"get_weather\", \"arguments\": {\"city\": \"Oslo\", \"days\": 9}}\n</tool_call>", false)]
    [InlineData("<tool_call>\n{\"name\": \"get_time\", \"arguments\": {}}\n</tool_call>", false)]
    [InlineData("Hello", false)]
    [InlineData("<tool_call>\n{\"name\": \"clock\", \"arguments\": {}}\n</tool_call>\n<tool_call>\n{\"name\": \"clock\", \"arguments\": {\"x\": 1}}\n</tool_call>", true)]
    public void A_required_call_has_a_known_name_and_fitting_arguments(string text, bool accepted) =>
        Assert.Equal(accepted, RandomWriter.Accepts(ToolCallGrammar.Required(ToolCallFormat.Tagged, [Weather, Clock], parallel: true), text));

    [Theory]
    [InlineData("Hello <tool and <<tool_cal you", true)]
    [InlineData("", true)]
    [InlineData("Let me see. <tool_call>\n{\"name\": \"clock\", \"arguments\": {}}\n</tool_call>", true)]
    [InlineData("<<tool_call>\n{\"name\": \"clock\", \"arguments\": {}}\n</tool_call>", true)]
    [InlineData("See <tool_call> here", false)]
    [InlineData("<tool_call>\n{\"name\": \"clock\", \"arguments\": {}}\n</tool_call> and text", false)]
    public void An_optional_call_is_held_to_its_form_once_it_is_begun(string text, bool accepted) =>
        Assert.Equal(accepted, RandomWriter.Accepts(ToolCallGrammar.Optional(ToolCallFormat.Tagged, [Weather, Clock], parallel: false), text));

    [Theory]
    [InlineData("[TOOL_CALLS][{\"name\": \"clock\", \"arguments\": {}}, {\"name\": \"clock\", \"arguments\": {}}]", true)]
    [InlineData("[TOOL_CALLS]{\"name\": \"clock\", \"arguments\": {}}", false)]
    public void Listed_calls_stand_in_one_list(string text, bool accepted) =>
        Assert.Equal(accepted, RandomWriter.Accepts(ToolCallGrammar.Required(ToolCallFormat.Listed, [Clock], parallel: true), text));

    [Theory]
    [InlineData("{\"name\": \"clock\", \"parameters\": {}}", true)]
    [InlineData("Plain {text}", true)]
    [InlineData("{\"hello\": 1}", false)]
    public void A_bare_call_is_the_whole_answer(string text, bool accepted) =>
        Assert.Equal(accepted, RandomWriter.Accepts(ToolCallGrammar.Optional(ToolCallFormat.Bare, [Clock], parallel: true), text));

    [Theory]
    [InlineData("{\"a\": 1}", true)]
    [InlineData("<tool_call>\n{\"name\": \"clock\", \"arguments\": {}}\n</tool_call>", true)]
    [InlineData("text", false)]
    public void Calls_and_JSON_answers_go_together(string text, bool accepted) =>
        Assert.Equal(accepted, RandomWriter.Accepts(ToolCallGrammar.OrJson(ToolCallFormat.Tagged, [Clock], parallel: true, null), text));

    [Fact]
    public void Whatever_tokens_are_drawn_a_required_call_is_well_formed()
    {
        var grammar = ToolCallGrammar.Required(ToolCallFormat.Tagged, [Weather], parallel: false);
        for (var seed = 0; seed < 100; seed++)
        {
            var text = RandomWriter.Write(grammar, new Random(seed));
            using var call = JsonDocument.Parse(text["<tool_call>".Length..^"</tool_call>".Length]);
            Assert.Null(SchemaValidator.Error(Weather.Parameters!.Value, call.RootElement.GetProperty("arguments"), Weather.Parameters.Value));
        }
    }

    [Fact]
    public void A_schema_that_cannot_be_followed_matters_only_to_strict_functions()
    {
        var schema = JsonDocument.Parse("""{"type":"object","not":{}}""").RootElement;
        Assert.NotNull(ToolCallGrammar.Required(ToolCallFormat.Tagged, [new("f", schema, false)], false));
        Assert.Throws<GrammarException>(() => ToolCallGrammar.Required(ToolCallFormat.Tagged, [new("f", schema, true)], false));
    }

    [Fact]
    public void The_format_is_told_from_the_template()
    {
        ToolCallFormat Of(string source) => ToolCallFormat.Detect(ChatTemplate.Parse(source, TimeProvider.System));
        Assert.Same(ToolCallFormat.Tagged, Of("{{ '<tool_call>' }}"));
        Assert.Same(ToolCallFormat.Listed, Of("{{ '[TOOL_CALLS]' }}"));
        Assert.Same(ToolCallFormat.Bare, Of("{{ '<|start_header_id|>' }}{{ '\"parameters\": ' }}"));
    }
}
