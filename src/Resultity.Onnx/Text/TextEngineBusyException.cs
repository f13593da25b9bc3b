namespace Resultity.Onnx.Text;

/// <summary>All slots are taken and as many sequences wait as may. Try again when one has ended.</summary>
public sealed class TextEngineBusyException : Exception
{
    internal TextEngineBusyException(int slots, int waiting) : base($"All {slots} slots are busy and {waiting} sequences wait.") { }
}
