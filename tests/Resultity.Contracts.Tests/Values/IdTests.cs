using Microsoft.Extensions.Time.Testing;
using Resultity.Contracts.Values;
using Xunit;

namespace Resultity.Contracts.Tests.Values;

public sealed class IdTests
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeMilliseconds(1_795_000_000_000));

    [Fact]
    public void Later_identifiers_sort_after_earlier_ones()
    {
        var ids = new List<string>();
        for (var i = 0; i < 100; i++)
        {
            ids.Add(Id.New("req_", _time));
            _time.Advance(TimeSpan.FromMilliseconds(1 + (i * 97)));
        }

        Assert.Equal(ids.Order(StringComparer.Ordinal), ids);
    }

    [Fact]
    public void Identifiers_of_one_instant_differ()
    {
        var ids = Enumerable.Range(0, 20_000).Select(_ => Id.New("req_", _time)).ToHashSet();

        Assert.Equal(20_000, ids.Count);
    }

    [Fact]
    public void A_made_identifier_has_the_shape_of_its_kind_and_of_no_other()
    {
        var id = Id.New("resp_", _time);

        Assert.True(Id.Matches(id, "resp_"));
        Assert.False(Id.Matches(id, "req_"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("req_")]
    [InlineData("req_../../../../etc/passwd")]
    [InlineData("req_0000000000000000000000000O")]
    [InlineData("req_00000000000000000000000000x")]
    public void What_we_did_not_make_is_told_apart(string? value) => Assert.False(Id.Matches(value, "req_"));
}
