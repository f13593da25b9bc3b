using System.Text;
using System.Text.Json;
using Resultity.Serving.Batches;
using Xunit;

namespace Resultity.Serving.Tests.Batches;

public sealed class EmbeddingMergeTests
{
    [Fact]
    public void Requests_that_differ_only_in_their_texts_become_one_and_its_answer_is_taken_apart_again()
    {
        var parts = new[] { """{"model":"m","input":"a \"b\"","dimensions":4}""", """{"input":["c","d"],"model":"m","dimensions":4}""" }.Select(Read).ToList();
        Assert.All(parts, part => Assert.True(part.Rest.Span.SequenceEqual(parts[0].Rest.Span)));
        Assert.Equal("""{"model":"m","dimensions":4,"input":["a \"b\"","c","d"]}""", Encoding.UTF8.GetString(EmbeddingMerge.Join(parts)));
        var answer = """
            {"object":"list","model":"m","data":[{"object":"embedding","index":1,"embedding":[2]},{"object":"embedding","index":0,"embedding":[1]},
             {"object":"embedding","index":2,"embedding":"AAAA"}],"usage":{"prompt_tokens":10,"total_tokens":10}}
            """;
        var answers = EmbeddingMerge.Split(Encoding.UTF8.GetBytes(answer), parts, [4, 6])!;
        Assert.Equal("""{"object":"list","model":"m","data":[{"object":"embedding","index":0,"embedding":[1]}],"usage":{"prompt_tokens":4,"total_tokens":4}}""", Encoding.UTF8.GetString(answers[0]));
        var second = JsonElement.Parse(answers[1]).GetProperty("data");
        Assert.Equal([0, 1], second.EnumerateArray().Select(static item => item.GetProperty("index").GetInt32()));
        Assert.Equal("AAAA", second[1].GetProperty("embedding").GetString());
    }

    [Theory]
    [InlineData("""{"model":"m","input":[1,2]}""")]
    [InlineData("""{"model":"m","input":[["a"]]}""")]
    [InlineData("""{"model":"m","input":[]}""")]
    [InlineData("""{"model":"m","input":7}""")]
    [InlineData("""{"model":"m","input":"a","input":"b"}""")]
    [InlineData("""{"model":"m"}""")]
    public void What_is_no_list_of_texts_stays_by_itself(string body) => Assert.Null(EmbeddingMerge.Read(Encoding.UTF8.GetBytes(body)));

    [Fact]
    public void An_answer_with_another_number_of_vectors_is_not_taken_apart() =>
        Assert.Null(EmbeddingMerge.Split("""{"data":[]}"""u8.ToArray(), [Read("""{"model":"m","input":"a"}""")], [1]));

    [Theory]
    [InlineData(10, new[] { 1, 1, 1 })]
    [InlineData(0, new[] { 5, 7 })]
    [InlineData(7, new[] { 100, 1, 1, 1 })]
    public void Shares_add_up_to_the_whole(long total, int[] weights) => Assert.Equal(total, EmbeddingMerge.Divide(total, weights).Sum());

    private static EmbeddingMerge.Part Read(string body) => EmbeddingMerge.Read(Encoding.UTF8.GetBytes(body))!.Value;
}
