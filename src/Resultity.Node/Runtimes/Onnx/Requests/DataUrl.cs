namespace Resultity.Node.Runtimes.Onnx.Requests;

/// <summary>Reads files that stand in JSON as data URLs.</summary>
internal static class DataUrl
{
    /// <summary>The file's bytes; the type that the URL names says nothing, its content decides.</summary>
    /// <param name="text">The URL.</param>
    /// <param name="path">The field that it stands in.</param>
    /// <param name="kind">What it is to be: image, audio or video.</param>
    /// <exception cref="InvalidRequestException">It is no data URL, or damaged.</exception>
    public static byte[] Read(string text, string path, string kind)
    {
        if (text.StartsWith("http:", StringComparison.OrdinalIgnoreCase) || text.StartsWith("https:", StringComparison.OrdinalIgnoreCase))
            throw new InvalidRequestException($"'{path}' is a remote URL, which this service does not fetch. Send the {kind} itself, as a data URL or as a file.", path, "remote_url_refused");
        var comma = text.IndexOf(',', StringComparison.Ordinal);
        if (!text.StartsWith("data:", StringComparison.OrdinalIgnoreCase) || comma < 0 || !text.AsSpan(0, comma).EndsWith(";base64", StringComparison.OrdinalIgnoreCase))
            throw new InvalidRequestException($"'{path}' must hold the {kind} as a data URL ('data:{Example(kind)};base64,…').", path, $"invalid_{kind}_url");
        var bytes = new byte[((text.Length - comma) / 4 * 3) + 3];
        return Convert.TryFromBase64Chars(text.AsSpan(comma + 1), bytes, out var length)
            ? bytes[..length]
            : throw new InvalidRequestException($"'{path}' is a data URL whose base64 is damaged.", path, "invalid_base64");
    }

    private static string Example(string kind) => kind switch { "audio" => "audio/wav", "video" => "video/mp4", _ => "image/png" };
}
