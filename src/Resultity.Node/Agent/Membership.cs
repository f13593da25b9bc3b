using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using Resultity.Contracts.Fleet;

namespace Resultity.Node.Agent;

/// <summary>What this node has joined: asked for once with a join token, then kept in a file.</summary>
internal sealed class Membership(IOptions<NodeOptions> options, NodeIdentity identity) : IDisposable
{
    private const string FileName = "membership.json";
    private const int LongestAnswer = 64 * 1024;
    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })
    {
        Timeout = TimeSpan.FromSeconds(15),
        MaxResponseContentBufferSize = LongestAnswer,
    };

    private string FilePath => Path.Combine(options.Value.Folder, FileName);

    /// <summary>The gateway's id, from the file or by joining now.</summary>
    /// <exception cref="JoinException">The gateway refused, or there is no token to ask with.</exception>
    /// <exception cref="HttpRequestException">The gateway could not be reached.</exception>
    public async Task<string> GetGatewayIdAsync(Uri gateway, CancellationToken cancellation)
    {
        var known = Read();
        if (known is not null && known.Gateway == gateway.AbsoluteUri && known.NodeId == identity.Key.NodeId)
            return known.GatewayId;
        if (options.Value.JoinToken is not { Length: > 0 } token)
            throw new JoinException("join_token_missing", $"This node has not joined {gateway} yet, and there is no join token.");
        var joined = await JoinAsync(gateway, token, cancellation);
        PrivateFile.Replace(FilePath, JsonSerializer.Serialize(new Joined(gateway.AbsoluteUri, joined.GatewayId, joined.NodeId), MembershipJson.Default.Joined));
        return joined.GatewayId;
    }

    /// <summary>Forgets what was joined, so that the next dial joins anew; only useful while there is a join token.</summary>
    public void Forget() => File.Delete(FilePath);

    public void Dispose() => _http.Dispose();

    private Joined? Read()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(FilePath), MembershipJson.Default.Joined);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            // Not joined yet, or a file that tells nothing: join again.
            return null;
        }
    }

    private async Task<EnrolResponse> JoinAsync(Uri gateway, string token, CancellationToken cancellation)
    {
        var publicKey = System.Buffers.Text.Base64Url.EncodeToString(identity.Key.PublicKey);
        var proof = identity.Key.Sign(LinkProofText.Enrolment(token, publicKey));
        var body = JsonSerializer.SerializeToUtf8Bytes(new EnrolRequest(token, publicKey, options.Value.Name, proof), FleetJson.Default.EnrolRequest);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(gateway.AbsoluteUri.TrimEnd('/') + FleetPaths.Enroll)) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new("application/json");
        using var response = await _http.SendAsync(request, cancellation);
        var answer = await response.Content.ReadAsByteArrayAsync(cancellation);
        if (response.StatusCode != HttpStatusCode.OK)
            throw Refused(gateway, response.StatusCode, answer);
        try
        {
            return JsonSerializer.Deserialize(answer, FleetJson.Default.EnrolResponse) ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw new JoinException("not_a_gateway", $"{gateway} does not answer like a Resultity gateway.");
        }
    }

    private static Exception Refused(Uri gateway, HttpStatusCode status, byte[] answer)
    {
        try
        {
            using var json = JsonDocument.Parse(answer);
            var error = json.RootElement.GetProperty("error");
            var (code, message) = (error.GetProperty("code").GetString() ?? "refused", error.GetProperty("message").GetString());
            if ((int)status is >= 400 and < 500 and not 429)
                return new JoinException(code, $"{gateway} refused this node: {message}");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // Something in between answered; told as a failure to reach the gateway.
        }
        return new HttpRequestException($"{gateway} answered the request to join with status {(int)status}.", null, status);
    }

    internal sealed record Joined(string Gateway, string GatewayId, string NodeId);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(Membership.Joined))]
internal sealed partial class MembershipJson : JsonSerializerContext;
