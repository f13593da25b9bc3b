using System.Text;
using Resultity.Onnx.Tokenizers;
using Xunit;

namespace Resultity.Onnx.Tests.Tokenizers;

public sealed class SentencePieceTests
{
    // The layout of Llama 2's tokenizer.json with a vocabulary of a few tokens.
    private static readonly Tokenizer Llama2 = Parse(
        """
        {"added_tokens":[{"id":0,"content":"<unk>","special":true},{"id":1,"content":"<s>","special":true,"normalized":false},{"id":2,"content":"</s>","special":true,"normalized":false}],
         "normalizer":{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},{"type":"Replace","pattern":{"String":" "},"content":"▁"}]},
         "pre_tokenizer":null,
         "post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[],"special_tokens":{"<s>":{"id":"<s>","ids":[1],"tokens":["<s>"]}}},
         "decoder":{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":0}]},
         "model":{"type":"BPE","unk_token":"<unk>","fuse_unk":true,"byte_fallback":true,
          "vocab":{"<unk>":0,"<s>":1,"</s>":2,"<0xF0>":3,"<0x9F>":4,"<0x98>":5,"<0x80>":6,"▁":7,"h":8,"i":9,"hi":10,"▁hi":11,"<0x0A>":12},
          "merges":["h i","▁ hi"]}}
        """);

    [Fact]
    public void Words_are_marked_merged_and_framed()
    {
        Assert.Equal([1, 11, 11], Llama2.Encode("hi hi", addSpecialTokens: true, parseSpecialTokens: false));
        Assert.Equal("hi hi", Llama2.Decode([1, 11, 11], skipSpecial: true));
    }

    [Fact]
    public void What_the_vocabulary_lacks_is_spelled_in_bytes()
    {
        int[] ids = [7, 3, 4, 5, 6, 10, 12];
        Assert.Equal(ids, Llama2.Encode("😀hi\n", false, false));
        Assert.Equal("😀hi\n", Llama2.Decode(ids, false));
        var stream = new TokenStream(Llama2, atStart: true);
        Assert.Equal(["", "", "", "", "😀", "hi", "\n"], ids.Select(stream.Append));
    }

    [Fact]
    public void Characters_without_bytes_in_the_vocabulary_are_unknown_once() => Assert.Equal([7, 0, 10], Llama2.Encode("éühi", false, false));

    [Fact]
    public void A_continued_text_keeps_the_space_in_front()
    {
        Assert.Equal(" hi", new TokenStream(Llama2).Append(11));
        Assert.Equal("hi", new TokenStream(Llama2, atStart: true).Append(11));
    }

    [Fact]
    public void Special_tokens_in_the_template_are_found_and_the_text_after_them_is_marked_again() =>
        Assert.Equal([1, 11, 2, 11], Llama2.Encode("<s>hi</s>hi", false, parseSpecialTokens: true));

    [Theory]
    [InlineData("always", "[\"▁hi\",\"▁hi\"]")]
    [InlineData("never", "[\"hi\",\"▁hi\"]")]
    public void Metaspace_marks_words_as_its_scheme_says(string scheme, string expected)
    {
        var tokenizer = Parse(
            $$$"""
            {"added_tokens":[],"pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"{{{scheme}}}","split":true},
             "model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["▁hi",-1.0],["hi",-2.0],["▁",-3.0],["h",-9],["i",-9]]}}
            """);
        var names = tokenizer.Encode("hi hi", false, false).Select(id => $"\"{Encoding.UTF8.GetString(tokenizer.GetTokenBytes(id).Span)}\"");
        Assert.Equal(expected, $"[{string.Join(',', names)}]");
    }

    [Fact]
    public void Unigram_takes_the_likeliest_segmentation_and_fuses_unknowns()
    {
        var tokenizer = Parse("""{"added_tokens":[],"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["ab",-3.0],["a",-1.0],["b",-1.5],["bc",-1.2],["c",-4]]}}""");
        Assert.Equal([2, 4], tokenizer.Encode("abc", false, false));
        Assert.Equal([2, 3, 0, 2], tokenizer.Encode("abxyza", false, false));
    }

    [Theory]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":["a b"]}}""", "merge 0")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":0},"merges":[]},"pre_tokenizer":{"type":"Mystery"}}""", "Mystery")]
    [InlineData("""{"model":{"type":"BPE","vocab":{"a":-1},"merges":[]}}""", "'a'")]
    [InlineData("""{"model":""", "broken")]
    [InlineData("""{}""", "'model' is missing")]
    public void A_file_that_cannot_be_read_says_why(string json, string part) =>
        Assert.Contains(part, Assert.Throws<TokenizerFormatException>(() => Parse(json)).Message, StringComparison.Ordinal);

    private static Tokenizer Parse(string json) => Tokenizer.Parse(Encoding.UTF8.GetBytes(json));
}
