using System.Text.Json;

namespace Resultity.Node.Runtimes.Onnx.Answers;

/// <summary>What every object and every chunk of one answer begins with.</summary>
internal sealed record AnswerHeader(string Id, string Object, long Created, string Model, string Fingerprint)
{
    public void Write(Utf8JsonWriter json)
    {
        json.WriteString("id"u8, Id);
        json.WriteString("object"u8, Object);
        json.WriteNumber("created"u8, Created);
        json.WriteString("model"u8, Model);
        json.WriteString("system_fingerprint"u8, Fingerprint);
    }
}
