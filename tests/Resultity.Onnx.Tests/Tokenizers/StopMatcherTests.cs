using Resultity.Onnx.Tokenizers;
using Xunit;

namespace Resultity.Onnx.Tests.Tokenizers;

public sealed class StopMatcherTests
{
    [Theory]
    [InlineData("one END two", "END", "one ")]
    [InlineData("aaab", "aab", "a")]
    [InlineData("ababac", "abac", "ab")]
    [InlineData("no stop here", "###", "no stop here")]
    [InlineData("almost ##", "###", "almost ##")]
    [InlineData("###", "###", "")]
    public void A_stop_string_is_found_however_the_text_is_cut(string text, string stop, string expected)
    {
        for (var size = 1; size <= text.Length; size++)
        {
            var matcher = new StopMatcher([stop]);
            var output = string.Concat(text.Chunk(size).Select(part => matcher.Append(new string(part)))) + matcher.Flush();
            Assert.Equal(expected, output);
            Assert.Equal(text.Contains(stop, StringComparison.Ordinal) ? stop : null, matcher.Matched);
        }
    }

    [Fact]
    public void Only_what_could_begin_a_stop_string_is_held_back()
    {
        var matcher = new StopMatcher(["\n\n", "User:"]);
        Assert.Equal("Hello", matcher.Append("Hello\n"));
        Assert.Equal("\nthe ", matcher.Append("the Us"));
        Assert.Equal("Usual", matcher.Append("ual"));
    }

    [Fact]
    public void Of_several_stop_strings_the_earliest_counts()
    {
        var matcher = new StopMatcher(["world", "lo"]);
        Assert.Equal("hel", matcher.Append("hello world"));
        Assert.Equal("lo", matcher.Matched);
        Assert.Equal("", matcher.Append("more"));
    }
}
