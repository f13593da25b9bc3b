using System.Globalization;
using System.Net;
using System.Text;
using Microsoft.Extensions.Logging;
using Resultity.Contracts.Fleet;
using Resultity.Node.Agent;
using Resultity.Node.Runtimes.Processes;

namespace Resultity.Node.Shards;

/// <summary>One plan of a group, running: llama-server with its own layers and a port on the loopback for each member.</summary>
internal sealed class HeadEngine : IAsyncDisposable
{
    private readonly ServeOrder _order;
    private readonly ShardOptions _options;
    private readonly HttpMessageInvoker _http;
    private readonly IReadOnlyList<MemberPort> _members;
    private readonly SupervisedChild _child;
    private ChildInstance? _instance;

    /// <exception cref="IOException">There is no port for a member.</exception>
    public HeadEngine(ServeOrder order, string file, int layers, ShardOptions options, LinkSet links, ChildHost children, HttpMessageInvoker http, Random random, ILogger logger)
    {
        (_order, _options, _http) = (order, options, http);
        _members = [.. order.Members.Select(member => new MemberPort(links, member, random, logger))];
        _child = new SupervisedChild(
            children,
            new ChildOptions
            {
                Name = $"llama-server ({order.Model})",
                Program = options.LlamaServer!,
                Arguments = port => Arguments(file, layers, port),
                Probe = IsReadyAsync,
                // The question that it answers only when every member computes may take a while.
                ProbeTimeout = options.LoadTimeout,
                StartTimeout = options.LoadTimeout,
                StopTimeout = TimeSpan.Zero,
                Environment = Variables,
            },
            logger);
    }

    /// <summary>Where it listens, once it has started.</summary>
    public Uri Root => _instance!.Address;

    /// <summary>Starts it and waits until it has answered a test.</summary>
    /// <returns>Why it does not; null when it has.</returns>
    public async Task<string?> StartAsync(CancellationToken cancellation)
    {
        try
        {
            _instance = await _child.EnsureReadyAsync(cancellation);
            return null;
        }
        catch (ChildException e)
        {
            return e.Message;
        }
    }

    /// <summary>Waits until the engine has ended: it does so at once when it loses a member.</summary>
    /// <returns>How it ended.</returns>
    public async Task<string> UntilLostAsync(CancellationToken cancellation) =>
        $"llama-server {(await _instance!.Exited.WaitAsync(cancellation)).Reason}.{_instance.Log.Told(3)}";

    public async ValueTask DisposeAsync()
    {
        await _child.DisposeAsync();
        foreach (var member in _members)
            await member.DisposeAsync();
    }

    // Accelerators of the head are left out, since the split below counts the members' devices alone.
    private static Dictionary<string, string> Variables { get; } = new()
    {
        ["GGML_NO_BACKTRACE"] = "1",
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

    // Healthy means that it has loaded; only an answer means that the members compute.
    private async ValueTask<bool> IsReadyAsync(ChildInstance instance, CancellationToken cancellation) =>
        await IsOkAsync(HttpMethod.Get, new Uri(instance.Address, "health"), null, cancellation)
        && await IsOkAsync(HttpMethod.Post, new Uri(instance.Address, "completion"), """{"prompt":"1","n_predict":1}""", cancellation);

    private async Task<bool> IsOkAsync(HttpMethod method, Uri url, string? body, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, url);
        if (body is not null)
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await _http.SendAsync(request, cancellation);
        return response.StatusCode == HttpStatusCode.OK;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
