using Microsoft.ML.OnnxRuntime;
using Resultity.Onnx.Text.Decoding;

namespace Resultity.Onnx.Text.Loading;

/// <summary>An opened graph, and how it is to be run.</summary>
internal sealed class DecoderGraph(InferenceSession session, DecoderSignature signature, bool inPlace, bool lastLogitsOnly) : IDisposable
{
    public DecoderSignature Signature => signature;
    public bool InPlace => inPlace;

    /// <summary>Logits of one position; 0 until a trial has told it.</summary>
    public int Vocabulary { get; set; }

    public Decoder CreateDecoder(int rows, int context) => inPlace
        ? new InPlaceDecoder(session, signature, rows, context, Vocabulary, lastLogitsOnly)
        : new ConcatDecoder(session, signature, rows, Vocabulary);

    public void Dispose() => session.Dispose();
}
