using Resultity.Onnx.Imaging;

namespace Resultity.Onnx.Motion;

/// <summary>Says in words how the thing in front of a plain background moves through the frames of a video.</summary>
public static class MotionReader
{
    // As shares of the frame, and as a ratio of sizes: what people would call a movement.
    private const double LeastWay = 0.08, LeastGrowth = 1.4;

    /// <summary>The movement, such as <c>moving right</c>; empty if the thing stays where it is; <see langword="null"/> if there is no such thing to follow.</summary>
    public static string? Read(IReadOnlyList<Picture> frames)
    {
        ArgumentNullException.ThrowIfNull(frames);
        var seen = frames.Select(Stage.Of).Where(static stage => stage.HasThing).Select(static stage => (X: stage.X / stage.Picture.Width, Y: stage.Y / stage.Picture.Height, stage.Area)).ToList();
        if (seen.Count < 2 || seen.Count * 2 < frames.Count) return null;
        var (first, last) = (seen[0], seen[^1]);
        var words = new List<string>();
        var down = Direction(last.Y - first.Y, "up", "down");
        var across = Direction(last.X - first.X, "left", "right");
        if (down is not null && across is not null) words.Add($"moving {down} and to the {across}");
        else if ((down ?? across) is { } one) words.Add($"moving {one}");
        else if (seen.Any(point => Math.Abs(point.X - first.X) > LeastWay || Math.Abs(point.Y - first.Y) > LeastWay)) words.Add("moving back and forth");
        var growth = Math.Sqrt(last.Area / first.Area);
        if (growth > LeastGrowth) words.Add("growing");
        else if (growth < 1 / LeastGrowth) words.Add("shrinking");
        return string.Join(" and ", words);
    }

    private static string? Direction(double way, string less, string more) => way > LeastWay ? more : way < -LeastWay ? less : null;
}
