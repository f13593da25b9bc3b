using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Resultity.Gateway.Images;

/// <summary>Signs links to images and checks them. The key lies in a file of the data folder, so that links survive a restart.</summary>
internal sealed class ImageLinkKey
{
    private const string FileName = "links.key";
    private const int KeyBytes = 32;
    private const int SignatureBytes = 16;

    private readonly byte[] _key;

    /// <param name="folder">Where the key lies; <see langword="null"/> for one that lives as long as the process.</param>
    public ImageLinkKey(string? folder) => _key = folder is null ? RandomNumberGenerator.GetBytes(KeyBytes) : LoadOrMake(folder);

    /// <summary>The signature of a name and the time when the link ends.</summary>
    public string Sign(string name, long expires) =>
        Base64Url.EncodeToString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{name}\n{expires}"))).AsSpan(0, SignatureBytes));

    /// <summary>Whether a signature is that of the name and the time.</summary>
    public bool Verify(string name, long expires, string signature) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Sign(name, expires)), Encoding.UTF8.GetBytes(signature));

    private static byte[] LoadOrMake(string folder)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path))
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

            // Written aside and moved, so that a crash never leaves half a key; whoever moves first wins.
            var draft = $"{path}.{Path.GetRandomFileName()}";
            using (var file = new FileStream(draft, options)) file.Write(RandomNumberGenerator.GetBytes(KeyBytes));
            try
            {
                File.Move(draft, path, overwrite: false);
            }
            catch (IOException) when (File.Exists(path))
            {
                File.Delete(draft);
            }
        }

        var key = File.ReadAllBytes(path);
        return key.Length == KeyBytes ? key : throw new InvalidDataException($"{path} is damaged. Remove it to have a new key made; links to images that were given out then end.");
    }
}
