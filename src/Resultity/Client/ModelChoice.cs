using Resultity.Cli;

namespace Resultity.Client;

/// <summary>Which model to use when the user did not say.</summary>
internal static class ModelChoice
{
    private const string Description = "/v1/images/description";

    /// <summary>The first model that serves an endpoint; a model that does not say what it serves is believed to.</summary>
    public static async Task<string> FirstAsync(ApiClient client, string endpoint, CancellationToken cancellation)
    {
        var models = await client.JsonAsync(HttpMethod.Get, "v1/models", null, cancellation);
        var serving = models.Items("data").Select(static model => (Name: model.Text("id"), Endpoints: model.Items("endpoints").Select(item => item.ToString()).ToList()))
            .Where(model => model.Endpoints.Count == 0 || model.Endpoints.Contains(endpoint)).ToList();

        // A model that describes images answers chats as well, but only about images.
        if (serving.OrderBy(model => model.Endpoints.Contains(Description) && endpoint != Description).FirstOrDefault() is { Name: { } name }) return name;

        throw new CliException(ExitCode.Unavailable, $"no model serves {endpoint} now.", "`resultity models` and `resultity nodes` show what there is.");
    }
}
