using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Resultity.Node.Runtimes.Onnx.Requests;

[JsonSerializable(typeof(JsonArray))]
internal sealed partial class RequestJson : JsonSerializerContext;
