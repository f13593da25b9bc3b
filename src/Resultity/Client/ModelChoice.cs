using Resultity.Cli;

namespace Resultity.Client;

/// <summary>Which model to use when the user did not say.</summary>
internal static class ModelChoice
{
    /// <summary>The first model that serves an endpoint; a model that does not say what it serves is believed to.</summary>
    public static async Task<string> FirstAsync(ApiClient client, string endpoint, CancellationToken cancellation)
    {
        var models = await client.JsonAsync(HttpMethod.Get, "v1/models", null, cancellation);
        foreach (var model in models.Items("data"))
        {
            var endpoints = model.Items("endpoints").Select(item => item.ToString()).ToList();
            if (endpoints.Count == 0 || endpoints.Contains(endpoint)) return model.Text("id");
        }

        throw new CliException(ExitCode.Unavailable, $"no model serves {endpoint} now.", "`resultity models` and `resultity nodes` show what there is.");
    }
}
