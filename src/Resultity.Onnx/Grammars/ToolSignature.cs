using System.Text.Json;

namespace Resultity.Onnx.Grammars;

/// <summary>A function as the grammar of its calls needs it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Parameters">The schema of its arguments, or null for any object.</param>
/// <param name="Strict">Whether a schema that cannot be followed is an error; else any object is taken in its place.</param>
public sealed record ToolSignature(string Name, JsonElement? Parameters, bool Strict);
