using System.Security.Cryptography;
using Resultity.Link.Identity;

namespace Resultity.Node.Agent;

/// <summary>A node's signed word on one result, which anyone with the node's public key can check later.</summary>
/// <remarks>
/// The text is <c>v1;request=&lt;sha256&gt;;output=&lt;sha256&gt;;model=&lt;digest or name&gt;;id=&lt;request id&gt;</c>, hashes in lower-case hex over
/// the bytes of the bodies as they passed the node; the receipt is the text, then <c>;sig=</c> and the base64url signature over the text. The
/// token counts are inside the hashed output.
/// </remarks>
internal sealed class Receipt(NodeKey key, string requestId, string model, ReadOnlyMemory<byte> request) : IDisposable
{
    private readonly IncrementalHash _output = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public void Append(ReadOnlySpan<byte> piece) => _output.AppendData(piece);

    public string Sign()
    {
        var text = $"v1;request={Convert.ToHexStringLower(SHA256.HashData(request.Span))};output={Convert.ToHexStringLower(_output.GetHashAndReset())};model={model};id={requestId}";
        return $"{text};sig={key.Sign(text)}";
    }

    public void Dispose() => _output.Dispose();
}
