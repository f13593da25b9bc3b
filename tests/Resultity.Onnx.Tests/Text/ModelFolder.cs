using System.Text.Json.Nodes;
using Resultity.Onnx.Tests.Tokenizers;

namespace Resultity.Onnx.Tests.Text;

/// <summary>A copy of the chat model's files that a test may change.</summary>
internal sealed class ModelFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("resultity-text");

    public ModelFolder(bool withGraph = true)
    {
        foreach (var file in (string[])["config.json", "generation_config.json"]) File.Copy(System.IO.Path.Combine(BuiltInModels.Chat, file), this[file]);
        Directory.CreateDirectory(this["onnx"]);
        if (withGraph) File.CreateSymbolicLink(this["onnx/model.onnx"], System.IO.Path.Combine(BuiltInModels.Chat, "onnx", "model.onnx"));
    }

    public string Path => _folder.FullName;

    public string this[string file] => System.IO.Path.Combine(Path, file);

    public void Edit(string file, Action<JsonObject> edit)
    {
        var json = JsonNode.Parse(File.ReadAllText(this[file]))!.AsObject();
        edit(json);
        File.WriteAllText(this[file], json.ToJsonString());
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
