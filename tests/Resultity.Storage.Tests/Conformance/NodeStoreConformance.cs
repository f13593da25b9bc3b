using Resultity.Serving.Stores;
using Xunit;

namespace Resultity.Storage.Tests.Conformance;

public abstract class NodeStoreConformance(TestStorage storage) : StoreConformance(storage)
{
    private INodeStore Nodes => Storage.Get<INodeStore>();

    [Fact]
    public async Task A_token_lets_in_as_many_nodes_as_it_has_uses()
    {
        await Nodes.AddJoinTokenAsync(NewToken(uses: 2), "t", Cancellation);
        Assert.Equal(Enrolment.Enrolled, await Nodes.EnrolAsync("t", NewNode("a"), Cancellation));
        Assert.Equal(Enrolment.Enrolled, await Nodes.EnrolAsync("t", NewNode("b"), Cancellation));
        Assert.Equal(Enrolment.TokenRefused, await Nodes.EnrolAsync("t", NewNode("c"), Cancellation));
        Assert.Null(await Nodes.GetAsync("c", Cancellation));
        Assert.Equal(0, Assert.Single(await Nodes.ListJoinTokensAsync(Cancellation)).UsesLeft);
    }

    [Fact]
    public async Task Enrolling_again_takes_no_use()
    {
        await Nodes.AddJoinTokenAsync(NewToken(uses: 1), "t", Cancellation);
        await Nodes.EnrolAsync("t", NewNode("a"), Cancellation);
        Assert.Equal(Enrolment.Enrolled, await Nodes.EnrolAsync("t", NewNode("a") with { Name = "renamed" }, Cancellation));
        Assert.Equal("renamed", (await Nodes.GetAsync("a", Cancellation))!.Name);
    }

    [Fact]
    public async Task Many_nodes_at_once_never_overspend_a_token()
    {
        await Nodes.AddJoinTokenAsync(NewToken(uses: 5), "t", Cancellation);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Nodes.EnrolAsync("t", NewNode("node" + i), Cancellation).AsTask()));
        Assert.Equal(5, outcomes.Count(outcome => outcome == Enrolment.Enrolled));
        Assert.Equal(5, (await Nodes.ListAsync(Cancellation)).Count);
    }

    [Fact]
    public async Task An_expired_or_unknown_token_is_refused()
    {
        await Nodes.AddJoinTokenAsync(NewToken() with { ExpiresAt = Start }, "t", Cancellation);
        Assert.Equal(Enrolment.TokenRefused, await Nodes.EnrolAsync("t", NewNode("a"), Cancellation));
        Assert.Equal(Enrolment.TokenRefused, await Nodes.EnrolAsync("other", NewNode("a"), Cancellation));
    }

    [Fact]
    public async Task A_revoked_node_stays_out()
    {
        await Nodes.AddJoinTokenAsync(NewToken(), "t", Cancellation);
        await Nodes.EnrolAsync("t", NewNode("a"), Cancellation);
        Assert.Equal(Start, (await Nodes.RevokeAsync("a", Start, Cancellation))!.RevokedAt);
        Assert.Equal(Enrolment.NodeRevoked, await Nodes.EnrolAsync("t", NewNode("a"), Cancellation));
        Assert.Null(await Nodes.RevokeAsync("nobody", Start, Cancellation));
    }

    [Fact]
    public async Task A_node_reads_as_it_was_enrolled()
    {
        await Nodes.AddJoinTokenAsync(NewToken(), "t", Cancellation);
        var node = NewNode("a");
        await Nodes.EnrolAsync("t", node, Cancellation);
        await Nodes.TouchAsync([new("a", Start.AddMinutes(1))], Cancellation);
        await Nodes.TouchAsync([new("a", Start)], Cancellation);
        var read = Assert.Single(await Nodes.ListAsync(Cancellation));
        Assert.Equal(node.PublicKey.ToArray(), read.PublicKey.ToArray());
        Assert.Equal((node.Name, node.EnrolledAt, null, Start.AddMinutes(1)), (read.Name, read.EnrolledAt, read.RevokedAt, read.LastSeenAt));
    }

    [Fact]
    public async Task Tokens_are_added_once_and_deleted()
    {
        var token = NewToken(uses: 3) with { Name = "lab", ExpiresAt = Start.AddDays(1) };
        Assert.True(await Nodes.AddJoinTokenAsync(token, "t", Cancellation));
        Assert.False(await Nodes.AddJoinTokenAsync(NewToken(), "t", Cancellation));
        Assert.Equal(token, Assert.Single(await Nodes.ListJoinTokensAsync(Cancellation)));
        Assert.True(await Nodes.DeleteJoinTokenAsync(token.Id, Cancellation));
        Assert.False(await Nodes.DeleteJoinTokenAsync(token.Id, Cancellation));
        Assert.Empty(await Nodes.ListJoinTokensAsync(Cancellation));
    }

    private static JoinToken NewToken(int? uses = null) => new() { Id = NewId(JoinToken.IdPrefix), UsesLeft = uses, CreatedAt = Start };

    private static EnrolledNode NewNode(string id) => new() { Id = id, Name = "node " + id, PublicKey = new byte[] { 1, 2, 3 }, EnrolledAt = Start };
}
