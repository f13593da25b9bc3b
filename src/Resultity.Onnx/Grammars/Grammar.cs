using System.Text.Json;
using Resultity.Onnx.Grammars.Automata;
using Resultity.Onnx.Grammars.Json;
using Resultity.Onnx.Grammars.Schemas;

namespace Resultity.Onnx.Grammars;

/// <summary>What an answer may be, byte by byte. Immutable; used through <see cref="ConstraintFactory"/>.</summary>
public sealed class Grammar
{
    internal Grammar(Node root) => Root = root;

    internal Node Root { get; }

    /// <summary>Any JSON object, nested up to a fixed depth.</summary>
    public static Grammar JsonObject()
    {
        var builder = new GrammarBuilder();
        return builder.Build(new JsonNodes(builder).AnyObject);
    }

    /// <summary>The values of a JSON schema. Members come in the schema's order.</summary>
    /// <exception cref="GrammarException">The schema uses what cannot be followed; the message names the place.</exception>
    public static Grammar FromSchema(JsonElement schema)
    {
        var builder = new GrammarBuilder();
        return builder.Build(new SchemaCompiler(builder, schema).Compile());
    }
}
