using System.Text.Json.Nodes;

namespace Resultity.Node.Models;

/// <summary>Fetches a model from a hub into the models folder, where it appears whole or not at all.</summary>
/// <remarks>
/// 1 list the files · 2 choose those that are needed · 3 see that they fit · 4 fetch each into a folder aside, going on where an earlier try stopped ·
/// 5 check each digest · 6 move the folder into place. Two pulls of the same model at once: the second is refused.
/// </remarks>
public sealed class ModelPull(HttpClient http, PullOptions options, TimeProvider time)
{
    private const string Incoming = ".incoming";

    /// <summary>Name of the file that says where a pulled model came from.</summary>
    public const string OriginFile = "resultity-origin.json";

    /// <summary>Fetches a model.</summary>
    /// <param name="repository">What to fetch.</param>
    /// <param name="name">The folder's and so the model's name; <see langword="null"/> takes the repository's.</param>
    /// <param name="variant">The ONNX graph's variant, such as <c>q4</c>; <see langword="null"/> is full precision.</param>
    /// <param name="replace">Whether a model of that name may be replaced.</param>
    /// <param name="progress">Told of every file and its bytes; called on the pull's own thread.</param>
    /// <param name="cancellation">Stops; what has come is kept for the next try.</param>
    /// <returns>The model's folder.</returns>
    /// <exception cref="PullException">It could not be fetched.</exception>
    public async Task<string> RunAsync(
        HubRepository repository, string? name, string? variant, bool replace, Action<PullProgress>? progress, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(repository);
        name ??= repository.Name;
        if (!HubRepository.IsFolderName(name)) throw new PullException(PullFailure.Invalid, $"'{name}' cannot be a model's name: use letters, digits, '.', '_' and '-'.");
        var target = Path.Combine(options.ModelsFolder, name);
        if (Directory.Exists(target) && !replace) throw new PullException(PullFailure.Invalid, $"{target} is there already. Pass --replace, or another name with --as.");

        var staging = Path.Combine(options.ModelsFolder, Incoming, name);
        Directory.CreateDirectory(staging);
        using var only = Lock(staging + ".lock", name);

        var hub = new HubClient(http, options.Hub, options.Token);
        var files = PullSelection.Choose(repository, await hub.ListAsync(repository, cancellation), PullSelection.Normalise(variant));
        RequireSpace(files, staging);
        var total = files.Sum(file => file.Size);
        var download = new FileDownload(hub, repository, options, time);
        long done = 0;
        foreach (var file in files)
        {
            var path = Inside(staging, file.Path);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await download.RunAsync(file, path, bytes => progress?.Invoke(new PullProgress(file.Path, bytes, file.Size, done + bytes, total)), cancellation);
            done += file.Size;
        }

        RemoveOthers(staging, files);
        await File.WriteAllTextAsync(Path.Combine(staging, OriginFile), Origin(repository, files), cancellation);
        Place(staging, target);
        return target;
    }

    /// <summary>The file stays when the lock is given back: deleting it would let a third pull lock a new file of the same name.</summary>
    private static FileStream Lock(string path, string name)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException taken)
        {
            throw new PullException(PullFailure.Invalid, $"another pull of '{name}' is running.", taken);
        }
    }

    private void RequireSpace(IReadOnlyList<HubFile> files, string staging)
    {
        var missing = files.Sum(file => file.Size - Math.Min(file.Size, new FileInfo(Inside(staging, file.Path)) is { Exists: true } part ? part.Length : 0));
        var free = new DriveInfo(Path.GetFullPath(staging)).AvailableFreeSpace;
        if (missing > free - options.SpareBytes)
        {
            throw new PullException(PullFailure.NoSpace, $"the model needs {missing >> 20} MB more and {options.SpareBytes >> 20} MB to spare; {Path.GetFullPath(options.ModelsFolder)} has {free >> 20} MB free.");
        }
    }

    private static string Inside(string folder, string path)
    {
        var root = Path.GetFullPath(folder) + Path.DirectorySeparatorChar;
        var full = Path.GetFullPath(Path.Combine(root, path));
        return HubClient.IsSafe(path) && full.StartsWith(root, StringComparison.Ordinal)
            ? full
            : throw new PullException(PullFailure.Corrupt, "the hub lists a file outside of the model's folder.");
    }

    /// <summary>An earlier pull of another variant may have left files that this one does not have.</summary>
    private static void RemoveOthers(string staging, IReadOnlyList<HubFile> files)
    {
        var wanted = files.Select(file => Inside(staging, file.Path)).ToHashSet(StringComparer.Ordinal);
        foreach (var file in Directory.EnumerateFiles(Path.GetFullPath(staging), "*", SearchOption.AllDirectories))
        {
            if (!wanted.Contains(file)) File.Delete(file);
        }
    }

    private string Origin(HubRepository repository, IReadOnlyList<HubFile> files)
    {
        var origin = new JsonObject
        {
            ["hub"] = options.Hub.GetLeftPart(UriPartial.Authority),
            ["repository"] = repository.Id,
            ["revision"] = repository.Revision,
            ["pulled_at"] = time.GetUtcNow().ToUnixTimeSeconds(),
            ["files"] = new JsonArray([.. files.Select(file => (JsonNode)new JsonObject { ["path"] = file.Path, ["size"] = file.Size, ["sha256"] = file.Sha256 })]),
        };
        return origin.ToJsonString() + "\n";
    }

    private void Place(string staging, string target)
    {
        string? replaced = null;
        if (Directory.Exists(target))
        {
            replaced = Path.Combine(options.ModelsFolder, Incoming, $"{Path.GetFileName(target)}.replaced-{time.GetUtcNow().ToUnixTimeMilliseconds()}");
            Directory.Move(target, replaced);
        }

        Directory.Move(staging, target);
        if (replaced is not null) Directory.Delete(replaced, recursive: true);
    }
}

/// <summary>How far a pull is.</summary>
/// <param name="File">The file that comes now.</param>
/// <param name="FileBytes">Its bytes so far.</param>
/// <param name="FileSize">Its length.</param>
/// <param name="Bytes">All bytes so far.</param>
/// <param name="TotalSize">All bytes there will be.</param>
public readonly record struct PullProgress(string File, long FileBytes, long FileSize, long Bytes, long TotalSize);
