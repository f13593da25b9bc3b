using Resultity.Onnx.Templates.Values;

namespace Resultity.Onnx.Templates.Library;

/// <summary>What may stand after <c>is</c>.</summary>
internal static class ValueTests
{
    public static bool Exists(string name) => name is "defined" or "undefined" or "none" or "boolean" or "true" or "false" or "string" or "number" or "integer" or "float"
        or "mapping" or "sequence" or "iterable" or "callable" or "odd" or "even" or "divisibleby" or "lower" or "upper" or "in" or "sameas" or "escaped"
        or "equalto" or "eq" or "==" or "ne" or "!=" or "lt" or "lessthan" or "<" or "le" or "<=" or "gt" or "greaterthan" or ">" or "ge" or ">=";

    public static bool Holds(string name, Value value, Arguments arguments) => name switch
    {
        "defined" => value is not UndefinedValue,
        "undefined" => value is UndefinedValue,
        "none" => value is NoneValue,
        "boolean" => value is BooleanValue,
        "true" => value is BooleanValue && value.IsTrue,
        "false" => value is BooleanValue && !value.IsTrue,
        "string" => value is TextValue,
        "number" => Operations.AsNumber(value) is not null,
        "integer" => value is IntegerValue,
        "float" => value is FloatValue,
        "mapping" => value is MapValue,
        "sequence" => value is TextValue or ListValue or MapValue,
        "iterable" => value is TextValue or ListValue or MapValue or UndefinedValue,
        "callable" => value is CallableValue,
        "odd" => Whole(name, value) % 2 != 0,
        "even" => Whole(name, value) % 2 == 0,
        "divisibleby" => arguments.Integer(0, "num", 0) is not 0 and var divisor ? Whole(name, value) % divisor == 0 : throw new TemplateException("division by zero"),
        "lower" => PythonText.Str(value).Text is var text && text.Any(char.IsLetter) && !text.Any(char.IsUpper),
        "upper" => PythonText.Str(value).Text is var text && text.Any(char.IsLetter) && !text.Any(char.IsLower),
        "in" => Operations.Contains(arguments.Required(0, "seq"), value),
        "escaped" => false,
        "sameas" => ReferenceEquals(value, arguments.Required(0, "other")) || (value.GetType() == arguments.Required(0, "other").GetType() && value is BooleanValue or NoneValue && Operations.AreEqual(value, arguments.Required(0, "other"))),
        "equalto" or "eq" or "==" => Operations.AreEqual(value, arguments.Required(0, "other")),
        "ne" or "!=" => !Operations.AreEqual(value, arguments.Required(0, "other")),
        "lt" or "lessthan" or "<" => Operations.Compare(value, arguments.Required(0, "other")) < 0,
        "le" or "<=" => Operations.Compare(value, arguments.Required(0, "other")) <= 0,
        "gt" or "greaterthan" or ">" => Operations.Compare(value, arguments.Required(0, "other")) > 0,
        "ge" or ">=" => Operations.Compare(value, arguments.Required(0, "other")) >= 0,
        _ => throw new TemplateException($"the test '{name}' is not supported"),
    };

    private static long Whole(string name, Value value) => value is IntegerValue integer ? integer.Number : throw new TemplateException($"the test '{name}' needs an int, not {value.KindName}");
}
