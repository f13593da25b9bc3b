using System.Net.Http.Headers;

namespace Resultity.TestKit.Speech;

/// <summary>Forms with a sound file, as clients send them.</summary>
public static class SoundForm
{
    /// <summary>A form with a file and text fields.</summary>
    public static MultipartFormDataContent Of(byte[] file, string name, params (string Name, string Value)[] fields)
    {
        var form = new MultipartFormDataContent();
        foreach (var (field, value) in fields) form.Add(new StringContent(value), field);
        var content = new ByteArrayContent(file);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        form.Add(content, "file", name);
        return form;
    }
}
