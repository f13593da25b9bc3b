using Resultity.Contracts.Values;
using Xunit;

namespace Resultity.Contracts.Tests.Values;

public sealed class OutcomeTests
{
    [Fact]
    public void An_outcome_is_a_value_or_a_fault_and_never_both()
    {
        Outcome<string> good = "x";
        Outcome<string> bad = Fault.Invalid("no", "field");

        Assert.True(good.TryGet(out var value, out var none));
        Assert.Equal(("x", null), (value, none));
        Assert.False(bad.TryGet(out value, out var fault));
        Assert.Equal((null, "field"), (value, fault!.Param));
    }

    [Fact]
    public void Usage_adds_up_field_by_field() =>
        Assert.Equal(new Usage(11, 22, 33), new Usage(1, 2, 3) + new Usage(10, 20, 30));

    [Fact]
    public void Every_endpoint_has_a_bit_and_a_path_of_its_own()
    {
        Assert.Equal(InferenceEndpoint.All.Count, InferenceEndpoint.All.Select(endpoint => endpoint.Bit).Distinct().Count());
        Assert.All(InferenceEndpoint.All, endpoint =>
        {
            Assert.True(InferenceEndpoint.TryFind(endpoint.Path, out var found));
            Assert.Same(endpoint, found);
        });
        Assert.False(InferenceEndpoint.TryFind("/v1/nothing", out _));
    }
}
