using System.Text.Json;
using Resultity.Contracts.Values;
using Resultity.Onnx.Imaging;

namespace Resultity.Node.Runtimes.Onnx.Requests;

/// <summary>Images that come with a request: as files of a form, or as data URLs in JSON.</summary>
internal static class ImageInput
{
    private static readonly PictureLimits Limits = new();

    /// <summary>The images of a field, decoded; none if the field is not there. Takes the caller's thread.</summary>
    public static List<Picture> Read(MediaFields body, params ReadOnlySpan<string> names)
    {
        var pictures = new List<Picture>();
        foreach (var name in names)
        {
            foreach (var file in body.Files(name)) pictures.Add(Decode(file.Span, name));
            switch (body.Fields.Member(name))
            {
                case { ValueKind: JsonValueKind.Array } list:
                    var at = 0;
                    foreach (var item in list.EnumerateArray()) pictures.Add(Read(item, $"{name}[{at++}]"));
                    break;
                case { } one:
                    pictures.Add(Read(one, name));
                    break;
                default:
                    break;
            }
        }

        return pictures;
    }

    /// <summary>One image in JSON: a data URL, bare or within <c>image_url</c> or <c>url</c>.</summary>
    public static Picture Read(JsonElement value, string path)
    {
        if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in (ReadOnlySpan<string>)["image_url", "url"])
            {
                if (value.TryGetProperty(member, out var inner)) return Read(inner, $"{path}.{member}");
            }

            throw new InvalidRequestException($"'{path}' must hold the image as a data URL ('data:image/png;base64,…').", path);
        }

        if (value.ValueKind != JsonValueKind.String) throw RequestFields.Wrong(path, "a data URL", value);
        return Decode(DataUrl.Read(RequestFields.ReadText(value, path), path, "image"), path);
    }

    /// <summary>Decodes a file.</summary>
    public static Picture Decode(ReadOnlySpan<byte> file, string path)
    {
        try
        {
            return PictureReader.Read(file, Limits);
        }
        catch (PictureException error)
        {
            var message = $"Invalid '{path}': {error.Message}.";
            throw new InvalidRequestException(error.Code == "image_too_large" ? new Fault(FaultKind.TooLarge, error.Code, message, path) : Fault.Invalid(message, path, error.Code));
        }
    }
}
