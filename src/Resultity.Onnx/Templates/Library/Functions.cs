using Resultity.Onnx.Templates.Evaluation;
using Resultity.Onnx.Templates.Values;

namespace Resultity.Onnx.Templates.Library;

/// <summary>The functions that Hugging Face gives to chat templates, besides Jinja's own.</summary>
internal static class Functions
{
    public static Value? Find(string name, Scope scope) => name switch
    {
        "raise_exception" => new CallableValue(name, static arguments => throw new TemplateException(arguments.OptionalText(0, "message")?.Text ?? "the chat template refuses the conversation") { Refused = true }),
        "strftime_now" => new CallableValue(name, arguments => Value.Of(TimeFormat.Write(scope.Time.GetLocalNow(), arguments.Text(0, "format").Text))),
        "range" => new CallableValue(name, arguments => Range(arguments, scope)),
        "namespace" => new CallableValue(name, Namespace),
        "dict" => new CallableValue(name, static arguments => new MapValue(Entries(arguments))),
        _ => null,
    };

    private static ListValue Range(Arguments arguments, Scope scope)
    {
        var one = arguments.Positional.Count == 1;
        var start = one ? 0 : arguments.Integer(0, "start", 0);
        var stop = arguments.Integer(one ? 0 : 1, "stop", 0);
        var step = arguments.Integer(2, "step", 1);
        if (step == 0) throw new TemplateException("the step of 'range' cannot be 0");
        var span = (Int128)stop - start;
        var count = span == 0 || span > 0 != step > 0 ? 0 : (span + step - Math.Sign(step)) / step;
        scope.Budget.Items((long)Int128.Min(count, long.MaxValue));
        return Value.Of(Enumerable.Range(0, (int)count).Select(at => Value.Of(start + (at * step))));
    }

    private static NamespaceValue Namespace(Arguments arguments)
    {
        var result = new NamespaceValue();
        foreach (var (name, value) in Entries(arguments)) result.Attributes[name] = value;
        return result;
    }

    private static OrderedDictionary<string, Value> Entries(Arguments arguments)
    {
        var result = new OrderedDictionary<string, Value>(StringComparer.Ordinal);
        if (arguments.Positional is [MapValue map])
            foreach (var (name, value) in map.Entries) result[name] = value;
        foreach (var (name, value) in arguments.Named) result[name] = value;
        return result;
    }
}
