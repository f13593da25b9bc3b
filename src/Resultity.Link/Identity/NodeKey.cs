using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Resultity.Link.Identity;

/// <summary>A node's key pair: ECDSA on P-256. The node's id is the thumbprint of its public half, so neither can be swapped.</summary>
/// <remarks>Safe for concurrent use.</remarks>
public sealed class NodeKey : IDisposable
{
    private readonly ECDsa _key;
    private readonly Lock _gate = new();

    private NodeKey(ECDsa key)
    {
        _key = key;
        PublicKey = key.ExportSubjectPublicKeyInfo();
        NodeId = PublicNodeKey.IdOf(PublicKey);
    }

    /// <summary>The public half as SubjectPublicKeyInfo (DER).</summary>
    public byte[] PublicKey { get; }

    /// <summary><c>node_</c> and 26 characters of the thumbprint.</summary>
    public string NodeId { get; }

    /// <summary>Makes a new key.</summary>
    public static NodeKey Create() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>Reads a key that <see cref="ExportPem"/> wrote.</summary>
    /// <exception cref="CryptographicException">Not a P-256 private key.</exception>
    public static NodeKey FromPem(ReadOnlySpan<char> pem)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(pem);
            if (key.KeySize != 256)
                throw new CryptographicException("The key is not on the curve P-256.");
            return new NodeKey(key);
        }
        catch (ArgumentException e)
        {
            key.Dispose();
            throw new CryptographicException("The text holds no private key in PEM form.", e);
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>The private key in PEM form (PKCS #8), to be kept where only the node can read it.</summary>
    public string ExportPem() => _key.ExportPkcs8PrivateKeyPem();

    /// <summary>Signs the UTF-8 bytes of a text with SHA-256; base64url of the 64 bytes.</summary>
    public string Sign(string text)
    {
        lock (_gate)
            return Base64Url.EncodeToString(_key.SignData(Encoding.UTF8.GetBytes(text), HashAlgorithmName.SHA256));
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();
}
