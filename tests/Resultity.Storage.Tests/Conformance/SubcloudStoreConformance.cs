using Resultity.Serving.Stores;
using Resultity.Serving.Subclouds;
using Xunit;

namespace Resultity.Storage.Tests.Conformance;

public abstract class SubcloudStoreConformance(TestStorage storage) : StoreConformance(storage)
{
    private static readonly Subcloud Lab = new()
    {
        Name = "lab",
        Description = "for trying out",
        Join = JoinPolicy.SemiOpen,
        Models = ["a", "b"],
        Region = "north",
        MinMemoryBytes = 1L << 40,
        Isolate = true,
        IsPublic = true,
        Features = ["video"],
        CreatedAt = Start,
    };

    private ISubcloudStore Subclouds => Storage.Get<ISubcloudStore>();

    private INodeStore Nodes => Storage.Get<INodeStore>();

    [Fact]
    public async Task A_subcloud_comes_back_as_it_was_added()
    {
        Assert.True(await Subclouds.AddAsync(Lab, Cancellation));

        Assert.Equivalent(Lab, Assert.Single(await Subclouds.ListAsync(Cancellation)), strict: true);
    }

    [Fact]
    public async Task A_name_is_given_once()
    {
        await Subclouds.AddAsync(Lab, Cancellation);

        Assert.False(await Subclouds.AddAsync(Lab with { Description = "another" }, Cancellation));
        Assert.Equal("for trying out", Assert.Single(await Subclouds.ListAsync(Cancellation)).Description);
    }

    [Fact]
    public async Task A_change_replaces_all_but_the_time_of_creation()
    {
        await Subclouds.AddAsync(Lab, Cancellation);
        var changed = new Subcloud { Name = "lab", CreatedAt = Start.AddDays(1) };

        Assert.True(await Subclouds.UpdateAsync(changed, Cancellation));
        Assert.Equivalent(changed with { CreatedAt = Start }, Assert.Single(await Subclouds.ListAsync(Cancellation)), strict: true);
        Assert.False(await Subclouds.UpdateAsync(changed with { Name = "none" }, Cancellation));
    }

    [Fact]
    public async Task A_membership_keeps_its_first_time_when_it_is_approved()
    {
        await PrepareAsync("a");
        await Subclouds.PutMemberAsync(new SubcloudMember("lab", "a", IsPending: true, MemberOrigin.Asked, Start), Cancellation);

        Assert.True(await Subclouds.PutMemberAsync(new SubcloudMember("lab", "a", IsPending: false, MemberOrigin.Operator, Start.AddHours(1)), Cancellation));
        Assert.Equal(new SubcloudMember("lab", "a", IsPending: false, MemberOrigin.Operator, Start), Assert.Single(await Subclouds.ListMembersAsync(Cancellation)));
    }

    [Fact]
    public async Task A_membership_needs_a_subcloud_and_a_node()
    {
        await PrepareAsync("a");

        Assert.False(await Subclouds.PutMemberAsync(new SubcloudMember("none", "a", IsPending: false, MemberOrigin.Operator, Start), Cancellation));
        Assert.False(await Subclouds.PutMemberAsync(new SubcloudMember("lab", "none", IsPending: false, MemberOrigin.Operator, Start), Cancellation));
        Assert.Empty(await Subclouds.ListMembersAsync(Cancellation));
    }

    [Fact]
    public async Task A_node_that_enrols_with_a_subclouds_token_is_a_member()
    {
        await PrepareAsync("a", subcloud: "lab");

        var member = Assert.Single(await Subclouds.ListMembersAsync(Cancellation));
        Assert.Equal(("lab", "a", false, MemberOrigin.Token), (member.Subcloud, member.NodeId, member.IsPending, member.Origin));
        Assert.Equal("lab", Assert.Single(await Nodes.ListJoinTokensAsync(Cancellation)).Subcloud);
    }

    [Fact]
    public async Task A_deleted_subcloud_takes_its_members_and_its_tokens_with_it()
    {
        await PrepareAsync("a", subcloud: "lab");

        Assert.True(await Subclouds.DeleteAsync("lab", Cancellation));

        Assert.Empty(await Subclouds.ListAsync(Cancellation));
        Assert.Empty(await Subclouds.ListMembersAsync(Cancellation));
        Assert.Empty(await Nodes.ListJoinTokensAsync(Cancellation));
        Assert.False(await Subclouds.DeleteAsync("lab", Cancellation));
    }

    [Fact]
    public async Task A_membership_ends_once()
    {
        await PrepareAsync("a", subcloud: "lab");

        Assert.True(await Subclouds.RemoveMemberAsync("lab", "a", Cancellation));
        Assert.False(await Subclouds.RemoveMemberAsync("lab", "a", Cancellation));
    }

    private async Task PrepareAsync(string node, string? subcloud = null)
    {
        await Subclouds.AddAsync(Lab, Cancellation);
        await Nodes.AddJoinTokenAsync(new JoinToken { Id = NewId(JoinToken.IdPrefix), Subcloud = subcloud, CreatedAt = Start }, "t", Cancellation);
        await Nodes.EnrolAsync("t", new EnrolledNode { Id = node, Name = node, PublicKey = new byte[] { 1 }, EnrolledAt = Start }, Cancellation);
    }
}
