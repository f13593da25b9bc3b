using Microsoft.Extensions.Time.Testing;
using Resultity.Contracts.Values;
using Resultity.Serving.Admission;
using Xunit;

namespace Resultity.Serving.Tests.Admission;

public sealed class AdmissionControlTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly AdmissionControl _admission;

    public AdmissionControlTests() => _admission = new AdmissionControl(_time);

    [Fact]
    public void Requests_above_the_limit_are_refused_with_the_true_wait_and_admitted_after_it()
    {
        var caller = Caller(new RateLimits(60, 0));
        for (var i = 0; i < 60; i++)
        {
            Assert.True(_admission.Admit(caller, "m", 10).TryGet(out _, out _));
        }

        Assert.False(_admission.Admit(caller, "m", 10).TryGet(out _, out var fault));
        Assert.Equal(FaultKind.RateLimited, fault.Kind);
        Assert.Equal(1, fault.RetryAfter!.Value.TotalSeconds, 3);

        _time.Advance(fault.RetryAfter.Value);
        Assert.True(_admission.Admit(caller, "m", 10).TryGet(out _, out _));
    }

    [Fact]
    public void An_estimate_is_held_and_the_actual_is_settled_once()
    {
        var caller = Caller(new RateLimits(0, 1000));
        Assert.True(_admission.Admit(caller, "m", 600).TryGet(out var reservation, out _));
        Assert.Equal(400, _admission.Read(caller)!.Value.RemainingTokens);
        Assert.False(_admission.Admit(caller, "m", 600).TryGet(out _, out _));

        reservation.Settle(new Usage(50, 50));
        reservation.Settle(new Usage(5000, 5000));

        Assert.Equal(900, _admission.Read(caller)!.Value.RemainingTokens);
    }

    [Fact]
    public void A_failed_request_costs_no_tokens()
    {
        var caller = Caller(new RateLimits(0, 1000));
        _admission.Admit(caller, "m", 600).TryGet(out var reservation, out _);

        reservation!.Settle(default);

        Assert.Equal(1000, _admission.Read(caller)!.Value.RemainingTokens);
    }

    [Fact]
    public void A_model_that_the_key_may_not_use_reads_as_one_that_does_not_exist()
    {
        var caller = new Caller { KeyId = "k", Namespace = "n", AllowedModels = new HashSet<string> { "yes" } };

        Assert.True(_admission.Admit(caller, "yes", 1).TryGet(out _, out _));
        Assert.False(_admission.Admit(caller, "no", 1).TryGet(out _, out var fault));
        Assert.Equal((FaultKind.NotFound, "model_not_found"), (fault.Kind, fault.Code));
    }

    [Fact]
    public void Unlimited_keys_report_no_limits() => Assert.Null(_admission.Read(Caller(RateLimits.None)));

    private static Caller Caller(RateLimits limits) => new() { KeyId = "k" + limits, Namespace = "n", Limits = limits };
}
