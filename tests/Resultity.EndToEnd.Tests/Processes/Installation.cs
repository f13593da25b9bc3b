using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace Resultity.EndToEnd.Tests.Processes;

/// <summary>A data folder with a running gateway on it, and how to talk to it.</summary>
internal sealed class Installation : IAsyncDisposable
{
    public const string ApiKey = "rk_for-these-tests-only";
    public const string AdminKey = "ra_for-these-tests-only";

    private Installation(string verb, string folder, IEnumerable<string> options)
    {
        Folder = folder;
        Gateway = ResultityProcess.Start([verb, "--port", "0", "--data", folder, .. options], Variables);
    }

    public static IReadOnlyDictionary<string, string> Variables { get; } =
        new Dictionary<string, string> { ["RESULTITY_API_KEY"] = ApiKey, ["RESULTITY_ADMIN_KEY"] = AdminKey };

    public string Folder { get; }

    public ResultityProcess Gateway { get; }

    public Uri Url { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    public HttpClient Admin { get; private set; } = null!;

    /// <summary>Starts <c>up</c> or <c>gateway</c>; it is ready when the task ends.</summary>
    public static async Task<Installation> StartAsync(string verb, params IEnumerable<string> options)
    {
        var installation = new Installation(verb, Directory.CreateTempSubdirectory("resultity-e2e-").FullName, options);
        var line = await installation.Gateway.LineAsync(" at http://");
        installation.Url = new Uri(line.Split(' ').First(word => word.StartsWith("http://", StringComparison.Ordinal)).Replace("/v1", "/", StringComparison.Ordinal));
        await installation.Gateway.LineAsync("Ctrl-C stops it.");
        installation.Http = installation.Client(ApiKey);
        installation.Admin = installation.Client(AdminKey);
        return installation;
    }

    public HttpClient Client(string key)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = Url };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    /// <summary>Runs a client verb against this gateway.</summary>
    public Task<(int Code, string Output, string Errors)> CliAsync(params IEnumerable<string> arguments) =>
        ResultityProcess.RunAsync(arguments, new Dictionary<string, string>(Variables) { ["RESULTITY_URL"] = Url.ToString(), ["RESULTITY_DATA"] = Folder });

    public async Task<JsonNode> AdminAsync(string path) => JsonNode.Parse(await Admin.GetStringAsync(new Uri(path, UriKind.Relative)))!;

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        Admin?.Dispose();
        await Gateway.DisposeAsync();
        Directory.Delete(Folder, recursive: true);
    }
}
