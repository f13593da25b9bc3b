using Resultity.Cli;
using Resultity.Contracts.Values;

namespace Resultity.Hosting;

/// <summary>Endpoints as operators write them: <c>chat/completions;embeddings</c>.</summary>
internal static class EndpointList
{
    /// <param name="written">The list.</param>
    /// <param name="wrong">Makes the refusal of what is in it.</param>
    /// <returns>The paths.</returns>
    public static IReadOnlyList<string> Parse(string written, Func<string, CliException> wrong) =>
        [.. written.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(one => Path(one, wrong))];

    private static string Path(string written, Func<string, CliException> wrong)
    {
        var path = "/v1/" + written.Trim('/').Replace("v1/", "", StringComparison.Ordinal);
        return InferenceEndpoint.TryFind(path, out _) ? path
            : throw wrong($"endpoints names '{written}'; allowed are {string.Join(", ", InferenceEndpoint.All.Select(static endpoint => endpoint.Path["/v1/".Length..]))}.");
    }
}
