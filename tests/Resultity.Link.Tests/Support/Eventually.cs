namespace Resultity.Link.Tests.Support;

internal static class Eventually
{
    /// <summary>Looks again, without blocking a thread, until the value is what it should become; fails with what it was last.</summary>
    public static async Task Is<T>(Func<T> value, T expected)
    {
        var until = TimeProvider.System.GetTimestamp() + (long)(Reading.Patience.TotalSeconds * TimeProvider.System.TimestampFrequency);
        while (!EqualityComparer<T>.Default.Equals(value(), expected) && TimeProvider.System.GetTimestamp() < until)
            await Task.Delay(5);
        Assert.Equal(expected, value());
    }
}
