using Resultity.Onnx.Tokenizers.Normalizers;
using Xunit;

namespace Resultity.Onnx.Tests.Tokenizers;

public sealed class NormalizerTests
{
    [Theory]
    [InlineData("é", "é", "e\u0301", "é", "e\u0301")]
    [InlineData("e\u0301", "é", "e\u0301", "é", "e\u0301")]
    [InlineData("ﬁ²", "ﬁ²", "ﬁ²", "fi2", "fi2")]
    [InlineData("한국", "한국", "\u1112\u1161\u11AB\u1100\u116E\u11A8", "한국", "\u1112\u1161\u11AB\u1100\u116E\u11A8")]
    [InlineData("a\u0315\u0300\u05AE", "\u00E0\u05AE\u0315", "a\u05AE\u0300\u0315", "\u00E0\u05AE\u0315", "a\u05AE\u0300\u0315")]
    [InlineData("\u1E9B\u0323", "\u1E9B\u0323", "\u017F\u0323\u0307", "\u1E69", "s\u0323\u0307")]
    [InlineData("\u0958", "\u0915\u093C", "\u0915\u093C", "\u0915\u093C", "\u0915\u093C")]
    [InlineData("\U0001D15E", "\U0001D157\U0001D165", "\U0001D157\U0001D165", "\U0001D157\U0001D165", "\U0001D157\U0001D165")]
    public void Forms_follow_the_standard(string text, string nfc, string nfd, string nfkc, string nfkd)
    {
        Assert.Equal(nfc, new UnicodeNormalizer(compose: true, compatible: false).Normalize(text));
        Assert.Equal(nfd, new UnicodeNormalizer(compose: false, compatible: false).Normalize(text));
        Assert.Equal(nfkc, new UnicodeNormalizer(compose: true, compatible: true).Normalize(text));
        Assert.Equal(nfkd, new UnicodeNormalizer(compose: false, compatible: true).Normalize(text));
    }

    [Fact]
    public void A_long_run_of_marks_is_sorted_in_reasonable_time()
    {
        var text = "a" + string.Concat(Enumerable.Repeat("\u0300\u0323", 100_000));
        var sorted = new UnicodeNormalizer(compose: false, compatible: false).Normalize(text);
        Assert.Equal('\u0323', sorted[100_000]);
        Assert.Equal('\u0300', sorted[100_001]);
    }

    [Fact]
    public void Bert_cleans_lowers_and_takes_accents_off() =>
        Assert.Equal("cafe  日  本  i x y", new BertNormalizer(true, true, true, true).Normalize("Café 日本 İ\0\tx\ny"));
}
