using System.Text.Json;
using System.Text.Json.Nodes;

namespace Resultity.Client;

/// <summary>How this machine's user reaches the gateway that runs on it: a file that only this user can read, in the data folder.</summary>
/// <param name="Url">The gateway's base URL. The keys are sent nowhere else.</param>
/// <param name="AdminKey">The admin key (<c>ra_…</c>).</param>
/// <param name="ApiKey">An API key (<c>rk_…</c>), if one was made for this user.</param>
internal sealed record LocalAccess(Uri Url, string? AdminKey, string? ApiKey)
{
    private const string FileName = "local-access.json";

    public static string PathIn(string dataFolder) => Path.Combine(dataFolder, FileName);

    /// <summary>Reads the file; <see langword="null"/> if there is none, or none that this user may read.</summary>
    public static LocalAccess? Read(string dataFolder)
    {
        try
        {
            var file = PathIn(dataFolder);
            if (!File.Exists(file) || JsonNode.Parse(File.ReadAllText(file)) is not JsonObject stored) return null;
            return Uri.TryCreate((string?)stored["url"], UriKind.Absolute, out var url)
                ? new LocalAccess(url, (string?)stored["admin_key"], (string?)stored["api_key"])
                : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Writes the file so that it is never readable by others, not even for a moment, and never half written.</summary>
    public void Write(string dataFolder)
    {
        var stored = new JsonObject { ["url"] = Url.ToString(), ["admin_key"] = AdminKey, ["api_key"] = ApiKey };
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var draft = PathIn(dataFolder) + ".new";
        File.Delete(draft);
        using (var writer = new StreamWriter(draft, options)) writer.WriteLine(stored.ToJsonString());
        File.Move(draft, PathIn(dataFolder), overwrite: true);
    }
}
