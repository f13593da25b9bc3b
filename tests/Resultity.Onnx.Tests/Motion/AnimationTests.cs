using Resultity.Onnx.Imaging;
using Resultity.Onnx.Motion;
using Xunit;

namespace Resultity.Onnx.Tests.Motion;

public sealed class AnimationTests
{
    [Theory]
    [InlineData(1, 0, "moving right")]
    [InlineData(-1, 0, "moving left")]
    [InlineData(0, -1, "moving up")]
    [InlineData(0, 1, "moving down")]
    [InlineData(1, 1, "moving down and to the right")]
    public void What_is_moved_is_read_back_as_moving(int x, int y, string words)
    {
        foreach (var asItIs in (bool[])[true, false])
        {
            foreach (var (width, height) in ((int, int)[])[(96, 96), (160, 64), (64, 160)])
                Assert.Equal(words, MotionReader.Read(Frames(new Movement(x, y, 1, 0), width, height, asItIs)));
        }
    }

    [Theory]
    [InlineData(2.2, "growing")]
    [InlineData(0.45, "shrinking")]
    [InlineData(1, "")]
    public void A_change_of_size_is_read_back(double growth, string words) =>
        Assert.Equal(words, MotionReader.Read(Frames(new Movement(0, 0, growth, 0), 96, 96, asItIs: false)));

    [Fact]
    public void A_video_that_begins_with_a_picture_shows_that_picture_first()
    {
        var picture = Square();
        var first = new Animation(Stage.Of(picture), new Movement(1, 0, 1, 0), picture.Width, picture.Height, beginsAsItIs: true).Frame(0);
        var different = Enumerable.Range(0, picture.Pixels.Length).Count(at => Math.Abs(picture.Pixels[at] - first.Pixels[at]) > 24);
        Assert.InRange(different, 0, picture.Pixels.Length / 50);
    }

    [Fact]
    public void A_thing_keeps_its_colour_and_its_background_on_the_way()
    {
        var frame = new Animation(Stage.Of(Square()), new Movement(1, 0, 1, 0), 128, 128, beginsAsItIs: false).Frame(0.5);
        var stage = Stage.Of(frame);
        Assert.Equal((248, 248, 248), ((int)stage.Background.R, (int)stage.Background.G, (int)stage.Background.B));
        var middle = (((int)stage.Y * 128) + (int)stage.X) * 4;
        Assert.Equal([220, 30, 35], frame.Pixels[middle..(middle + 3)]);
    }

    [Fact]
    public void A_picture_without_a_plain_background_is_seen_by_a_moving_camera()
    {
        var pixels = new byte[64 * 64 * 4];
        for (var at = 0; at < 64 * 64; at++)
            (pixels[at * 4], pixels[(at * 4) + 1], pixels[(at * 4) + 2], pixels[(at * 4) + 3]) = ((byte)(at % 64 * 4), (byte)(at / 64 * 4), 128, 255);
        var stage = Stage.Of(new Picture(64, 64, pixels));
        Assert.False(stage.HasThing);
        var animation = new Animation(stage, new Movement(1, 0, 1, 0), 64, 64, beginsAsItIs: false);

        // What is seen moves right, so the darker left side comes into view.
        Assert.True(animation.Frame(1).Pixels[4 * 32 * 65] < animation.Frame(0).Pixels[4 * 32 * 65] - 10);
        Assert.Null(MotionReader.Read([animation.Frame(0), animation.Frame(1)]));
    }

    [Fact]
    public void Pictures_of_one_pixel_and_of_one_colour_are_no_trouble()
    {
        foreach (var side in (int[])[1, 2, 7])
        {
            var stage = Stage.Of(new Picture(side, side, [.. Enumerable.Repeat((byte)200, side * side * 4)]));
            Assert.False(stage.HasThing);
            Assert.Equal(200, new Animation(stage, Movement.Closer, 16, 16, beginsAsItIs: false).Frame(1).Pixels[0]);
        }
    }

    private static List<Picture> Frames(Movement movement, int width, int height, bool asItIs)
    {
        var animation = new Animation(Stage.Of(Square()), movement, width, height, asItIs);
        return [.. Enumerable.Range(0, 9).Select(at => animation.Frame(at / 8.0))];
    }

    /// <summary>A red square in the middle of a white picture.</summary>
    private static Picture Square()
    {
        var pixels = new byte[64 * 64 * 4];
        for (var at = 0; at < 64 * 64; at++)
        {
            var inside = at % 64 is >= 24 and < 40 && at / 64 is >= 24 and < 40;
            (pixels[at * 4], pixels[(at * 4) + 1], pixels[(at * 4) + 2], pixels[(at * 4) + 3]) = inside ? ((byte)220, (byte)30, (byte)35, (byte)255) : ((byte)248, (byte)248, (byte)248, (byte)255);
        }

        return new Picture(64, 64, pixels);
    }
}
