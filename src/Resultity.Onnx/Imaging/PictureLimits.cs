namespace Resultity.Onnx.Imaging;

/// <summary>What an image file may be, so that it is refused before its pixels take memory.</summary>
public sealed record PictureLimits
{
    /// <summary>The most pixels.</summary>
    /// <value>33,554,432: 128 MiB when decoded.</value>
    public int MaxPixels { get; init; } = 32 << 20;

    /// <summary>The longest side, in pixels.</summary>
    /// <value>16,384.</value>
    public int MaxSide { get; init; } = 16_384;

    /// <summary>The largest file, in bytes.</summary>
    /// <value>52,428,800 (50 MiB).</value>
    public int MaxBytes { get; init; } = 50 << 20;
}

/// <summary>A file is no image that is taken. The message is for its sender.</summary>
public sealed class PictureException(string code, string message) : Exception(message)
{
    /// <summary>The machine-readable reason: <c>invalid_image</c>, <c>image_too_large</c> or <c>unsupported_image_format</c>.</summary>
    public string Code { get; } = code;
}
