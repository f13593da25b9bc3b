using System.Runtime.CompilerServices;
using Resultity.Onnx.Templates.Values;

namespace Resultity.Onnx.Templates.Evaluation;

/// <summary>Counts what a rendering costs and stops it at its limits.</summary>
internal sealed class Budget(TemplateLimits limits)
{
    private long _left = limits.Steps;

    public void Step(long cost = 1)
    {
        if ((_left -= cost) < 0) throw new TemplateException("the chat template takes too many steps");
        if (!RuntimeHelpers.TryEnsureSufficientExecutionStack()) throw new TemplateException("the chat template is nested too deep");
    }

    /// <summary>Charges for a value that was made, and refuses one that is too large.</summary>
    public T Made<T>(T value) where T : Value
    {
        switch (value)
        {
            case TextValue text:
                Length(text.Text.Length);
                Step(text.Text.Length / 32);
                break;
            case ListValue list:
                Items(list.Items.Length);
                Step(list.Items.Length / 4);
                break;
            default:
                break;
        }
        return value;
    }

    public void Length(long length)
    {
        if (length > limits.TextLength) throw new TemplateException($"the chat template makes a text of more than {limits.TextLength} characters");
    }

    public void Items(long count)
    {
        if (count > limits.ListLength) throw new TemplateException($"the chat template makes a list of more than {limits.ListLength} items");
    }
}
