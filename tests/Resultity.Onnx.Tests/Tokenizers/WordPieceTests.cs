using System.Text;
using Resultity.Onnx.Tokenizers;
using Xunit;

namespace Resultity.Onnx.Tests.Tokenizers;

public sealed class WordPieceTests
{
    private static readonly Tokenizer Bert = Tokenizer.Parse(Encoding.UTF8.GetBytes(
        """
        {"added_tokens":[{"id":0,"content":"[PAD]","special":true},{"id":1,"content":"[UNK]","special":true},{"id":2,"content":"[CLS]","special":true},{"id":3,"content":"[SEP]","special":true}],
         "normalizer":{"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},
         "pre_tokenizer":{"type":"BertPreTokenizer"},
         "post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}}],"pair":[],
          "special_tokens":{"[CLS]":{"id":"[CLS]","ids":[2],"tokens":["[CLS]"]},"[SEP]":{"id":"[SEP]","ids":[3],"tokens":["[SEP]"]}}},
         "decoder":{"type":"WordPiece","prefix":"##","cleanup":true},
         "model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,
          "vocab":{"[PAD]":0,"[UNK]":1,"[CLS]":2,"[SEP]":3,"un":4,"##aff":5,"##able":6,"cafe":7,",":8,"日":9,"##a":10}}}
        """));

    [Theory]
    [InlineData("unaffable", new[] { 2, 4, 5, 6, 3 })]
    [InlineData("UNAFFABLE, Café", new[] { 2, 4, 5, 6, 8, 7, 3 })]
    [InlineData("unx", new[] { 2, 1, 3 })]
    [InlineData("un日un", new[] { 2, 4, 9, 4, 3 })]
    [InlineData("[SEP]", new[] { 2, 1, 1, 1, 3 })]
    public void Words_are_cut_from_the_left_by_the_longest_match(string text, int[] ids) => Assert.Equal(ids, Bert.Encode(text, true, false));

    [Fact]
    public void Pieces_are_joined_and_punctuation_closed_up() => Assert.Equal("unaffable, cafe", Bert.Decode([2, 4, 5, 6, 8, 7, 3], skipSpecial: true));

    [Fact]
    public void A_word_beyond_the_limit_is_unknown() => Assert.Equal([1], Bert.Encode("un" + new string('a', 99), false, false));

    [Fact]
    public void The_built_in_embedding_models_tokenizer_reads_plain_sentences_without_unknowns()
    {
        var tokenizer = Tokenizer.Load(BuiltInModels.Embed);
        var ids = tokenizer.Encode("The red circle is above the blue square.", true, false);
        Assert.Equal(tokenizer.FindToken("[CLS]"), ids[0]);
        Assert.Equal(tokenizer.FindToken("[SEP]"), ids[^1]);
        Assert.DoesNotContain(tokenizer.FindToken("[UNK]")!.Value, ids);
        Assert.Equal("the red circle is above the blue square.", tokenizer.Decode(ids, skipSpecial: true));
    }
}
