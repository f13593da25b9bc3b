using Resultity.Serving.Scheduling;
using Xunit;

namespace Resultity.Serving.Tests.Scheduling;

public sealed class QueueForecastTests
{
    private const long Second = 1000;
    private readonly QueueForecast _forecast = new();

    [Fact]
    public void Nothing_is_forecast_until_the_queue_has_moved_a_few_times()
    {
        Move(0, 1, 2, 3);
        Assert.Null(_forecast.Of(0, Second));

        Move(4);
        Assert.NotNull(_forecast.Of(0, Second));
    }

    [Fact]
    public void A_steady_queue_is_forecast_exactly()
    {
        Move(0, 2, 4, 6, 8, 10);

        var eta = _forecast.Of(2, Second)!.Value;

        Assert.Equal(TimeSpan.FromSeconds(6), eta.P50);
        Assert.Equal(TimeSpan.FromSeconds(6), eta.P90);
    }

    [Fact]
    public void An_unsteady_queue_has_a_later_p90()
    {
        Move(0, 1, 6, 7, 12, 13, 18);

        var eta = _forecast.Of(0, Second)!.Value;

        Assert.Equal(TimeSpan.FromSeconds(3), eta.P50);
        Assert.InRange(eta.P90.TotalSeconds, 5, 6);
    }

    [Fact]
    public void The_time_in_which_nobody_waited_does_not_count()
    {
        Move(0, 1, 2, 3, 4);
        _forecast.Placed((5 * Second) + 1, othersWait: false);
        Move(1000, 1001);

        Assert.Equal(TimeSpan.FromSeconds(1), _forecast.Of(0, Second)!.Value.P50);
    }

    private void Move(params ReadOnlySpan<int> seconds)
    {
        foreach (var second in seconds)
        {
            _forecast.Placed((second * Second) + 1, othersWait: true);
        }
    }
}
