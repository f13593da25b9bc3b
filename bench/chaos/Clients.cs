using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Resultity.Chaos;

/// <summary>Clients of every kind. Each goes on until it is told to stop, tries again what came to nothing, and notes what it was promised.</summary>
internal sealed class Clients : IDisposable
{
    private const int LinesPerBatch = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly IReadOnlyList<Uri> _gateways;
    private readonly Tally _tally;
    private readonly HttpClient _client = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(2), PooledConnectionIdleTimeout = TimeSpan.FromSeconds(1) })
    {
        Timeout = TimeSpan.FromSeconds(60),
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", Cluster.ApiKey) },
    };

    private int _number;
    private int _turn;

    public Clients(IReadOnlyList<Uri> gateways, Tally tally) => (_gateways, _tally) = (gateways, tally);

    /// <summary>Submits requests, to be fetched later.</summary>
    public async Task PollAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var word = NextWord();
            if (await PostAsync("v1/chat/completions", Chat(word), ("Prefer", "respond-async"), stop) is (HttpStatusCode.Accepted, { } body))
            {
                _tally.Accepted[body.GetProperty("id").GetString()!] = word;
            }
        }
    }

    /// <summary>Asks and waits for the answer, which must be its own.</summary>
    public async Task AskAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var word = NextWord();
            if (await PostAsync("v1/chat/completions", Chat(word), ("Idempotency-Key", "chaos-" + word), stop) is (HttpStatusCode.OK, { } body))
            {
                if (WordOf(body) == word) _tally.Answer();
                else _tally.Wrong($"a synchronous request for {word} was answered with {WordOf(body)}");
            }
        }
    }

    /// <summary>Submits batches, to be fetched later.</summary>
    public async Task BatchAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var words = Enumerable.Range(0, LinesPerBatch).Select(_ => NextWord()).ToList();
            var lines = words.Select(static word => $$"""{"custom_id":"{{word}}","method":"POST","url":"/v1/chat/completions","body":{{Chat(word)}}}""");
            var batch = $$"""{"completion_window":"24h","endpoint":"/v1/chat/completions","requests":[{{string.Join(',', lines)}}]}""";
            if (await PostAsync("v1/batches", batch, null, stop) is (HttpStatusCode.OK, { } body))
            {
                _tally.Batches[body.GetProperty("id").GetString()!] = words;
            }

            await Task.Delay(Pause * 10, TimeProvider.System, CancellationToken.None);
        }
    }

    /// <summary>Reads from any gateway that answers; <see langword="null"/> if it is not there.</summary>
    public async Task<string?> GetAsync(string path)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                using var answer = await _client.GetAsync(new Uri(NextGateway(), path));
                if (answer.StatusCode == HttpStatusCode.NotFound) return null;
                var text = await answer.Content.ReadAsStringAsync();
                if (answer.IsSuccessStatusCode) return text;
                if (answer.StatusCode != HttpStatusCode.ServiceUnavailable || attempt > 100) throw new InvalidOperationException($"GET {path}: {(int)answer.StatusCode} {text}");
            }
            catch (Exception broken) when (broken is HttpRequestException or IOException && attempt < 100)
            {
                // A gateway that is not up yet.
            }

            await Task.Delay(Pause, TimeProvider.System);
        }
    }

    /// <summary>The first word of an answer.</summary>
    public static string WordOf(JsonElement answer) => answer.GetProperty("choices")[0].GetProperty("message").GetProperty("content").GetString()!.Trim().Split(' ')[0];

    public void Dispose() => _client.Dispose();

    private static string Chat(string word) => $$"""{"model":"stub-model","messages":[{"role":"user","content":"{{word}}"}]}""";

    /// <summary>Posts until there is an answer that is final, or the client is to stop.</summary>
    private async Task<(HttpStatusCode Status, JsonElement? Body)> PostAsync(string path, string body, (string Name, string Value)? header, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(NextGateway(), path)) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            if (header is var (name, value)) request.Headers.Add(name, value);
            try
            {
                using var answer = await _client.SendAsync(request, CancellationToken.None);
                var text = await answer.Content.ReadAsStringAsync(CancellationToken.None);
                if ((int)answer.StatusCode < 300) return (answer.StatusCode, JsonElement.Parse(text));

                // Nodes that are away may make a model unknown to a gateway that has just started.
                if (answer.StatusCode is not (HttpStatusCode.ServiceUnavailable or HttpStatusCode.NotFound or HttpStatusCode.Conflict or HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway))
                {
                    _tally.Wrong($"POST {path}: {(int)answer.StatusCode} {text}");
                    return (answer.StatusCode, null);
                }
            }
            catch (Exception broken) when (broken is HttpRequestException or IOException or OperationCanceledException)
            {
                // The gateway was killed; whether it had taken the request nobody knows.
            }

            _tally.Retry();
            await Task.Delay(Pause, TimeProvider.System, CancellationToken.None);
        }

        return default;
    }

    private string NextWord() => $"word{Interlocked.Increment(ref _number)}";

    private Uri NextGateway() => _gateways[Interlocked.Increment(ref _turn) % _gateways.Count];
}
