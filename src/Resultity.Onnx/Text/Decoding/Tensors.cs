using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Resultity.Onnx.Text.Decoding;

/// <summary>Small things about ONNX Runtime's tensors.</summary>
internal static class Tensors
{
    public static OrtValue Allocate(TensorElementType type, params ReadOnlySpan<long> shape)
    {
        var value = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, type, shape.ToArray());
        // What padding holds is multiplied by a zero weight, which a NaN would survive.
        Bytes(value).Clear();
        return value;
    }

    /// <summary>A tensor over the first elements of an array, without a copy.</summary>
    public static OrtValue Over(long[] array, int elements, params ReadOnlySpan<long> shape) =>
        OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, array.AsMemory(0, elements), shape.ToArray());

    public static Span<byte> Bytes(OrtValue value) => value.GetTensorMutableRawData();

    public static int Count(OrtValue value, TensorElementType type) => Bytes(value).Length / (type == TensorElementType.Float16 ? 2 : 4);

    /// <summary>Copies values from an index on, as many as the target takes, as single precision.</summary>
    public static void Read(OrtValue value, TensorElementType type, int index, Span<float> target)
    {
        if (type == TensorElementType.Float16)
            TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(Bytes(value)).Slice(index, target.Length), target);
        else
            MemoryMarshal.Cast<byte, float>(Bytes(value)).Slice(index, target.Length).CopyTo(target);
    }
}
