using Resultity.Onnx.Imaging;

namespace Resultity.Onnx.Motion;

/// <summary>Frames of a video made of one still picture: the thing in it moves over its plain background, or where there is none, the camera moves over the picture.</summary>
/// <remarks>Nothing is drawn anew in between: what a frame shows was in the picture, at another place, size or angle.</remarks>
public sealed class Animation
{
    // The camera sees this much less than the picture, so that it has room to move.
    private const double CameraRoom = 1.3;
    private const double Margin = 0.04, LeastWay = 0.3;

    private readonly Stage _stage;
    private readonly Movement _movement;
    private readonly int _width, _height;
    private readonly double _scale;
    private readonly (double X, double Y) _from, _to;
    private readonly (double From, double To) _size;

    /// <summary>Prepares the frames.</summary>
    /// <param name="stage">The picture.</param>
    /// <param name="movement">How it moves.</param>
    /// <param name="width">Width of the frames, in pixels.</param>
    /// <param name="height">Height of the frames, in pixels.</param>
    /// <param name="beginsAsItIs">Whether the first frame is the picture as it is; otherwise a thing that moves begins where it has the longest way.</param>
    public Animation(Stage stage, Movement movement, int width, int height, bool beginsAsItIs)
    {
        ArgumentNullException.ThrowIfNull(stage);
        ArgumentNullException.ThrowIfNull(movement);
        (_stage, _movement, _width, _height) = (stage, movement, width, height);
        var (across, down) = ((double)width / stage.Picture.Width, (double)height / stage.Picture.Height);
        _scale = stage.HasThing ? Math.Min(across, down) : Math.Max(across, down);
        var own = stage.HasThing
            ? (X: (width - (stage.Picture.Width * _scale)) / 2 + (stage.X * _scale), Y: (height - (stage.Picture.Height * _scale)) / 2 + (stage.Y * _scale))
            : (X: width / 2.0, Y: height / 2.0);
        var growth = movement.Growth;
        _size = beginsAsItIs || !stage.HasThing ? (1, growth) : (1 / Math.Sqrt(growth), Math.Sqrt(growth));
        var largest = Math.Max(_size.From, _size.To) * _scale;
        (_from.X, _to.X) = Way(own.X, movement.X, width, stage.Reach.Across * largest, beginsAsItIs);
        (_from.Y, _to.Y) = Way(own.Y, movement.Y, height, stage.Reach.Down * largest, beginsAsItIs);
    }

    /// <summary>Draws a frame.</summary>
    /// <param name="time">0 for the first frame, 1 for the last.</param>
    /// <param name="rgb">Gets three bytes a pixel, rows from the top.</param>
    public void Draw(double time, Span<byte> rgb)
    {
        if (_stage.HasThing) DrawThing(time, rgb);
        else DrawCamera(time, rgb);
    }

    /// <summary>A frame as a picture.</summary>
    public Picture Frame(double time)
    {
        var rgb = new byte[_width * _height * 3];
        Draw(time, rgb);
        var pixels = new byte[_width * _height * 4];
        for (var pixel = 0; pixel < _width * _height; pixel++)
        {
            rgb.AsSpan(pixel * 3, 3).CopyTo(pixels.AsSpan(pixel * 4));
            pixels[(pixel * 4) + 3] = 255;
        }

        return new Picture(_width, _height, pixels);
    }

    private static (double From, double To) Way(double own, int direction, int room, double reach, bool beginsAsItIs)
    {
        if (direction == 0) return (own, own);
        var edge = reach + (Margin * room);
        var (low, high) = edge < room - edge ? (edge, room - edge) : (0.25 * room, 0.75 * room);
        var (from, to) = direction > 0 ? (low, high) : (high, low);
        if (!beginsAsItIs) return (from, to);

        // A thing that stands near the edge already leaves the picture.
        return (own, (to - own) * direction >= LeastWay * room ? to : own + (direction * LeastWay * room));
    }

    private void DrawThing(double time, Span<byte> rgb)
    {
        var (r, g, b) = _stage.Background;
        for (var at = 0; at < rgb.Length; at += 3) (rgb[at], rgb[at + 1], rgb[at + 2]) = (r, g, b);
        var size = _scale * Between(_size.From, _size.To, time);
        var (x, y) = (Between(_from.X, _to.X, time), Between(_from.Y, _to.Y, time));
        var (sin, cos) = Math.SinCos(-2 * Math.PI * _movement.Turns * time);
        var reach = (_stage.Reach.Any * size) + 2;
        for (var row = Math.Max(0, (int)(y - reach)); row < Math.Min(_height, y + reach); row++)
        {
            for (var column = Math.Max(0, (int)(x - reach)); column < Math.Min(_width, x + reach); column++)
            {
                double dx = (column + 0.5 - x) / size, dy = (row + 0.5 - y) / size;
                Blend(rgb[(((row * _width) + column) * 3)..], _stage.X + (dx * cos) - (dy * sin), _stage.Y + (dx * sin) + (dy * cos));
            }
        }
    }

    private void DrawCamera(double time, Span<byte> rgb)
    {
        var picture = _stage.Picture;
        var zoom = _scale * Math.Max(1, (_movement.X, _movement.Y) == (0, 0) ? Between(Math.Max(1, 1 / _movement.Growth), Math.Max(1, _movement.Growth), time) : CameraRoom);

        // What is seen moves one way as the camera moves the other.
        double Middle(int direction, int side, int room) => (side / 2.0) - (direction * (time - 0.5) * Math.Max(0, side - (room / zoom)));
        var (x, y) = (Middle(_movement.X, picture.Width, _width), Middle(_movement.Y, picture.Height, _height));
        for (var row = 0; row < _height; row++)
        {
            for (var column = 0; column < _width; column++)
                Blend(rgb[(((row * _width) + column) * 3)..], x + ((column + 0.5 - (_width / 2.0)) / zoom) - 0.5, y + ((row + 0.5 - (_height / 2.0)) / zoom) - 0.5);
        }
    }

    /// <summary>Lays a point of the picture over a pixel of the frame.</summary>
    private void Blend(Span<byte> pixel, double x, double y)
    {
        var picture = _stage.Picture;
        var (left, top) = ((int)Math.Floor(x), (int)Math.Floor(y));
        if (_stage.HasThing && (left < -1 || top < -1 || left >= picture.Width || top >= picture.Height)) return;
        var (fx, fy) = ((float)(x - left), (float)(y - top));
        float red = 0, green = 0, blue = 0, covered = 0;
        for (var corner = 0; corner < 4; corner++)
        {
            var (column, row) = (Math.Clamp(left + (corner & 1), 0, picture.Width - 1), Math.Clamp(top + (corner >> 1), 0, picture.Height - 1));
            var weight = ((corner & 1) == 0 ? 1 - fx : fx) * ((corner >> 1) == 0 ? 1 - fy : fy);
            var at = (row * picture.Width) + column;
            red += weight * picture.Pixels[at * 4];
            green += weight * picture.Pixels[(at * 4) + 1];
            blue += weight * picture.Pixels[(at * 4) + 2];
            covered += weight * (_stage.HasThing ? _stage.CoverAt(at) : 1);
        }

        pixel[0] = (byte)(pixel[0] + ((red - pixel[0]) * covered) + 0.5f);
        pixel[1] = (byte)(pixel[1] + ((green - pixel[1]) * covered) + 0.5f);
        pixel[2] = (byte)(pixel[2] + ((blue - pixel[2]) * covered) + 0.5f);
    }

    private static double Between(double from, double to, double time) => from + ((to - from) * time);
}
