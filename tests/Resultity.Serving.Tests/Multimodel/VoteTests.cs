using Resultity.Serving.Multimodel.Deciding;
using Xunit;

namespace Resultity.Serving.Tests.Multimodel;

public sealed class VoteTests
{
    [Theory]
    [InlineData("Paris.", "paris", true)]
    [InlineData("  The   answer\nis 42! ", "the answer is 42", true)]
    [InlineData("state-of-the-art", "state of the art", true)]
    [InlineData("1 + 1", "1 - 1", false)]
    [InlineData("x > y", "x < y", false)]
    [InlineData("3.5", "35", false)]
    [InlineData("It is -5.", "it is 5", false)]
    [InlineData("...", "!!!", false)]
    [InlineData("日本語", "日本語。", true)]
    public void Texts_are_the_same_whatever_their_case_spacing_and_punctuation(string one, string other, bool same) =>
        Assert.Equal(same, VoteCount.Normalise(one) == VoteCount.Normalise(other));

    [Fact]
    public void The_largest_group_wins_and_of_equal_groups_the_one_that_stands_first()
    {
        var most = VoteCount.Count(["x", "y", "y"]);
        Assert.Equal((1, 2, false), (most.Winner, most.Votes, most.IsTie));
        var tie = VoteCount.Count(["x", "y", "y", "x", "z"]);
        Assert.Equal((0, 2, true), (tie.Winner, tie.Votes, tie.IsTie));
        Assert.Equal([[0, 3], [1, 2], [4]], tie.Groups);
    }

    [Fact]
    public void Fields_of_objects_are_voted_on_one_by_one()
    {
        var result = JsonVote.Count(
        [
            """{"name":"Ada","age":36,"tags":["x"],"address":{"city":"London","zip":1}}""",
            """{"name":"Ada","age":37,"tags":["y"],"address":{"city":"Paris","zip":2}}""",
            "```json\n{\"age\":37.0,\"tags\":[\"y\"],\"name\":\"Eva\",\"address\":{\"city\":\"London\",\"zip\":2}}\n```",
            "not json",
        ])!;

        Assert.Equal("""{"name":"Ada","age":37,"tags":["y"],"address":{"city":"London","zip":2}}""", result.Composed);
        Assert.Equal(2, result.Votes);
        Assert.False(result.IsTie);
        Assert.Equal(1, result.Winner);
    }

    [Fact]
    public void A_field_that_most_leave_out_is_left_out_and_a_list_of_objects_is_voted_on_in_its_places()
    {
        var result = JsonVote.Count(["""[{"flagged":true,"x":1}]""", """[{"flagged":true}]""", """[{"flagged":false}]"""])!;

        Assert.Equal("""[{"flagged":true}]""", result.Composed);
    }

    [Fact]
    public void Of_fields_without_a_majority_the_first_voter_s_is_taken_and_the_weakest_is_named()
    {
        var result = JsonVote.Count(["""{"a":1,"b":1}""", """{"a":1,"b":2}"""])!;

        Assert.Equal("""{"a":1,"b":1}""", result.Composed);
        Assert.True(result.IsTie);
        Assert.Equal((1, "b"), (result.Votes, result.WeakestField));
    }

    [Fact]
    public void Nothing_that_is_json_is_no_vote() => Assert.Null(JsonVote.Count(["hello", "{"]));

    [Fact]
    public void The_answer_nearest_to_the_middle_of_all_wins()
    {
        var result = VoteCount.Nearest([[1, 0, 0], [0.9f, 0.1f, 0], [0.8f, 0.2f, 0], [0, 0, 7]]);

        Assert.Equal(1, result.Winner);
        Assert.Equal(4, result.Votes);
        Assert.Equal(4, result.Likeness!.Count);
    }

    [Theory]
    [InlineData("2", 1)]
    [InlineData("Answer 3 is best.", 2)]
    [InlineData("<think>1 is wrong, 2 better</think> 3", 2)]
    [InlineData("7 of 10: the 2nd", 1)]
    [InlineData("none", null)]
    [InlineData("0", null)]
    [InlineData("2.5", null)]
    public void A_judge_s_verdict_is_the_first_number_that_is_an_answer_s(string verdict, int? expected) =>
        Assert.Equal(expected, JudgePrompt.ReadChoice(verdict, 3));
}
