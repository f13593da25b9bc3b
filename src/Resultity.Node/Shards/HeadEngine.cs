using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.Extensions.Logging;
using Resultity.Contracts.Fleet;
using Resultity.Node.Agent;

namespace Resultity.Node.Shards;

/// <summary>One plan of a group, running: llama-server with its own layers and a port on the loopback for each member.</summary>
internal sealed partial class HeadEngine : IAsyncDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);
    private readonly ServeOrder _order;
    private readonly ShardOptions _options;
    private readonly HttpMessageInvoker _http;
    private readonly TimeProvider _time;
    private readonly IReadOnlyList<MemberPort> _members;
    private readonly EngineProcess _process;
    private readonly CancellationTokenSource _stop = new();

    /// <exception cref="IOException">The engine can't be started.</exception>
    public HeadEngine(ServeOrder order, string file, int layers, ShardOptions options, LinkSet links, HttpMessageInvoker http, Random random, TimeProvider time, ILogger logger)
    {
        (_order, _options, _http, _time) = (order, options, http, time);
        _members = [.. order.Members.Select(member => new MemberPort(links, member, random, logger))];
        var port = LoopbackPort.Find(random);
        Root = new Uri($"http://127.0.0.1:{Text(port)}/");
        try
        {
            _process = EngineProcess.Start(options.LlamaServer!, Arguments(file, layers, port), Variables);
        }
        catch
        {
            _ = Task.WhenAll(_members.Select(static member => member.DisposeAsync().AsTask()));
            _stop.Dispose();
            throw;
        }
    }

    /// <summary>Where it listens.</summary>
    public Uri Root { get; }

    /// <summary>Ends when the engine has: it does so at once when it loses a member.</summary>
    public Task Exited => _process.Exited;

    /// <summary>How it ended.</summary>
    public string Ending => _process.Ending;

    /// <summary>Waits until it has answered a test.</summary>
    /// <returns>Why it does not; null when it has.</returns>
    public async Task<string?> UntilReadyAsync(CancellationToken cancellation)
    {
        using var timeout = new CancellationTokenSource(_options.LoadTimeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellation, _stop.Token);
        try
        {
            while (!_process.Exited.IsCompleted)
            {
                // Healthy means that it has loaded; only an answer means that the members compute.
                if (await StatusAsync(HttpMethod.Get, "health", null, both.Token) == HttpStatusCode.OK)
                    return await StatusAsync(HttpMethod.Post, "completion", """{"prompt":"1","n_predict":1}""", both.Token) == HttpStatusCode.OK ? null : "it does not answer a test";
                await Task.WhenAny(_process.Exited, Task.Delay(Look, _time, both.Token));
            }
            return $"llama-server ended: {_process.Ending}";
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested)
        {
            return $"it was not ready within {_options.LoadTimeout.TotalSeconds:0} s";
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _process.DisposeAsync();
        foreach (var member in _members)
            await member.DisposeAsync();
        _stop.Dispose();
    }

    // Accelerators of the head are left out, since the split below counts the members' devices alone.
    private static Dictionary<string, string> Variables { get; } = new()
    {
        ["CUDA_VISIBLE_DEVICES"] = "",
        ["HIP_VISIBLE_DEVICES"] = "",
        ["GGML_VK_VISIBLE_DEVICES"] = "",
    };

    private List<string> Arguments(string file, int layers, int port)
    {
        List<string> arguments =
        [
            "-m", file, "--alias", _order.Model, "--host", "127.0.0.1", "--port", Text(port), "-t", Text(_options.Threads),
            "-c", Text(_order.ContextLength * _order.Slots), "-np", Text(_order.Slots), "--jinja",
        ];
        if (_order.Members.Count == 0)
            return [.. arguments, "-ngl", "0"];
        // The last layers of the model, and the output as one more, are shared out in order and in these proportions. The output is then kept
        // on the head by name, so that what comes back of a token is the model's state and not a number for each word of the vocabulary.
        var split = _order.Members.Select((member, i) => Text(member.Layers + (i == _order.Members.Count - 1 ? 1 : 0)));
        return
        [
            .. arguments,
            "--rpc", string.Join(',', _members.Select(member => $"127.0.0.1:{Text(member.Port)}")),
            "-ngl", Text(layers - _order.HeadLayers + 1),
            "-ts", string.Join(',', split),
            "-ot", "^(output|token_embd)=CPU",
        ];
    }

    private async Task<HttpStatusCode?> StatusAsync(HttpMethod method, string path, string? body, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, new Uri(Root, path));
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        try
        {
            using var response = await _http.SendAsync(request, cancellation);
            return response.StatusCode;
        }
        catch (HttpRequestException)
        {
            // It does not listen yet, or has ended.
            return null;
        }
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
