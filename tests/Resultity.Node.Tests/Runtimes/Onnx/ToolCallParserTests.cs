using Resultity.Node.Runtimes.Onnx.Generating;
using Resultity.Onnx.Templates;

namespace Resultity.Node.Tests.Runtimes.Onnx;

public sealed class ToolCallParserTests
{
    [Theory]
    [InlineData("Just text.", "T:Just text.")]
    [InlineData("One < two, <tool is no mark ", "T:One < two, <tool is no mark ")]
    [InlineData("<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": \"}\\\"{\"}}\n</tool_call>", "S:f|A:{\"a\": \"}\\\"{\"}")]
    [InlineData("I look.\n<tool_call>\n{\"name\": \"f\", \"arguments\": {}}\n</tool_call>\n<tool_call>\n{\"name\":\"g\",\"parameters\":{\"x\":[1,{}]}}\n</tool_call>", "T:I look.|S:f|A:{}|S:g|A:{\"x\":[1,{}]}")]
    [InlineData("<tool_call>{\"arguments\": {\"a\": 1}, \"name\": \"f\"}</tool_call>", "S:f|A:{\"a\": 1}")]
    [InlineData("<tool_call>{\"name\": \"f\", \"arguments\": \"{\\\"a\\\":1}\"}</tool_call>", "S:f|A:{\"a\":1}")]
    [InlineData("<tool_call>no call</tool_call> more", "T:<tool_call>no call</tool_call>more")]
    [InlineData("<tool_call>{\"name\": \"f\"", "T:<tool_call>{\"name\": \"f\"")]
    [InlineData("<tool_call>\n{\"name\": \"f\", \"arguments\": {\"cut", "S:f|A:{\"cut")]
    public void Tagged_calls_are_found_however_the_text_is_cut(string text, string expected) => Check(ToolCallFormat.Tagged, text, expected);

    [Theory]
    [InlineData("[TOOL_CALLS][{\"name\": \"f\", \"arguments\": {}, \"id\": \"x\"}, {\"name\": \"g\", \"arguments\": {\"b\": 2}}]", "S:f|A:{}|S:g|A:{\"b\": 2}")]
    [InlineData("Text [1] only", "T:Text [1] only")]
    public void Listed_calls_are_found_however_the_text_is_cut(string text, string expected) => Check(ToolCallFormat.Listed, text, expected);

    [Theory]
    [InlineData("{\"name\": \"f\", \"parameters\": {\"a\": 1}}", "S:f|A:{\"a\": 1}")]
    [InlineData("Text with {braces}", "T:Text with {braces}")]
    [InlineData("{\"answer\": 1}", "T:{\"answer\": 1}")]
    public void Bare_calls_are_found_however_the_text_is_cut(string text, string expected) => Check(ToolCallFormat.Bare, text, expected);

    private static void Check(ToolCallFormat format, string text, string expected)
    {
        for (var size = 1; size <= text.Length; size++)
        {
            var parser = new ToolCallParser(format);
            var parts = new List<AnswerPart>();
            foreach (var piece in text.Chunk(size)) parser.Append(new string(piece), parts);
            parser.Flush(parts);
            Assert.Equal(expected, Joined(parts));
        }
    }

    private static string Joined(List<AnswerPart> parts)
    {
        var result = new List<string>();
        foreach (var part in parts)
        {
            var mark = part.Kind switch { AnswerPartKind.Text => "T:", AnswerPartKind.CallStart => "S:", _ => "A:" };
            if (result.Count > 0 && mark != "S:" && result[^1].StartsWith(mark, StringComparison.Ordinal)) result[^1] += part.Text;
            else result.Add(mark + part.Text);
        }
        return string.Join('|', result);
    }
}
