using Microsoft.Extensions.Logging;
using Resultity.Contracts.Fleet;
using Resultity.Contracts.Values;
using Resultity.Node.Agent;
using Resultity.Node.Runtimes;
using Resultity.Node.Runtimes.OpenAi;
using Resultity.Node.Runtimes.Processes;

namespace Resultity.Node.Shards;

/// <summary>Serves models that are sharded over several nodes: as head those that the gateway orders, and as member layers for other heads.</summary>
internal sealed partial class ShardRuntime : IRuntime
{
    private static readonly string[] Endpoints = [InferenceEndpoint.ChatCompletions.Path, InferenceEndpoint.Completions.Path];
    private readonly ShardOptions _options;
    private readonly LinkSet _links;
    private readonly ChildHost _children;
    private readonly Random _random;
    private readonly TimeProvider _time;
    private readonly ILogger<ShardRuntime> _logger;
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false, ActivityHeadersPropagator = null });
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ShardGroup> _groups = new(StringComparer.Ordinal);
    private readonly Dictionary<string, MemberLease> _leases = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (string File, ShardableModel Facts)> _models = new(StringComparer.Ordinal);
    private long? _bandwidth;
    private bool _disposed;

    public ShardRuntime(ShardOptions options, LinkSet links, ChildHost children, Random random, TimeProvider time, ILogger<ShardRuntime> logger) =>
        (_options, _links, _children, _random, _time, _logger) = (options, links, children, random, time, logger);

    public event Action? OffersChanged;

    /// <summary>Raised when the report changed.</summary>
    public event Action? ReportChanged;

    public string Name => "sharded";

    public IReadOnlyList<ModelOffer> Offers { get; private set; } = [];

    public ShardReport Report
    {
        get
        {
            lock (_gate)
            {
                var free = SystemMemory.Read().Free;
                var held = _leases.Values.Sum(static lease => lease.Order.Bytes);
                return new ShardReport
                {
                    Memory = _options.Memory ?? ((free - (free / 8)) + held),
                    CanBeMember = _options.IsMember,
                    Bandwidth = _bandwidth,
                    Models = [.. _models.Values.Select(static model => model.Facts)],
                    Leases = [.. _leases.Values.Select(static lease => lease.Report)],
                    Groups = [.. _groups.Values.Select(static group => group.Report)],
                };
            }
        }
    }

    public Task StartAsync(CancellationToken cancellation)
    {
        if (_options.IsMember && _options.RpcServer is null)
            throw new RuntimeStartException("This node is to lend memory to sharded models, but ggml-rpc-server was not found. Install llama.cpp, or set RESULTITY_ENGINES to the folder that holds bin/ggml-rpc-server.");
        if (_options.Models.Count > 0 && _options.LlamaServer is null)
            throw new RuntimeStartException("This node is to serve sharded models, but llama-server was not found. Install llama.cpp, or set RESULTITY_ENGINES to the folder that holds bin/llama-server.");
        Directory.CreateDirectory(_options.CacheFolder);
        _bandwidth = MemoryBandwidth.Measure(_time);
        foreach (var (name, file) in _options.Models)
        {
            try
            {
                _models[name] = (file, GgufFacts.Read(file, name));
            }
            catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
            {
                throw new RuntimeStartException($"The model {file} cannot be sharded: {e.Message}", e);
            }
        }
        return Task.CompletedTask;
    }

    public async ValueTask ExecuteAsync(RuntimeExchange exchange, CancellationToken cancellation)
    {
        ShardGroup group;
        lock (_gate)
            group = _groups.Values.FirstOrDefault(candidate => candidate.Order.Model == exchange.Model && !candidate.Ended) ?? throw new IOException("the sharded model has ended");
        try
        {
            await group.RunAsync(
                root => new UpstreamRelay(_http, root, new UpstreamKey(new OpenAiRuntimeOptions { Url = root })).RelayAsync(exchange, cancellation), cancellation);
        }
        catch (Exception e) when (e is HttpRequestException or IOException && !group.Ended)
        {
            // It lost a member; the gateway makes another plan, and this group waits for it.
            throw new RuntimeInterruptedException(e.Message, e);
        }
    }

    /// <summary>Begins to hold layers for another node.</summary>
    /// <returns>Why not; null when it does.</returns>
    public async Task<string?> LeaseAsync(LeaseOrder order, CancellationToken cancellation)
    {
        MemberLease lease;
        lock (_gate)
        {
            if (_disposed || !_options.IsMember)
                return "this node lends no memory to sharded models";
            if (_leases.TryGetValue(order.LeaseId, out var known))
                return known.Report.Reason;
            var held = _leases.Values.Sum(static other => other.Order.Bytes);
            if (_options.Memory is { } most && order.Bytes > most - held)
                return $"the lease needs {order.Bytes} bytes, and {most - held} of the {most} lent are left";
            _leases[order.LeaseId] = lease = new MemberLease(order, _options, _children, _time, _logger, Changed);
        }
        var wrong = await lease.StartAsync(cancellation);
        if (wrong is not null)
            await StopLeaseAsync(order.LeaseId);
        Changed();
        return wrong;
    }

    /// <summary>Puts a plan of a group in force.</summary>
    /// <returns>Why not; null when it is being loaded.</returns>
    public async Task<string?> ServeAsync(ServeOrder order)
    {
        ShardGroup? group;
        lock (_gate)
        {
            if (_disposed || !_models.TryGetValue(order.Model, out var model))
                return $"this node has no model '{order.Model}' to shard";
            if (!_groups.TryGetValue(order.Group, out group) || group.Ended)
            {
                var (file, layers) = (model.File, model.Facts.LayerBytes.Count);
                group = new ShardGroup(order, plan => new HeadEngine(plan, file, layers, _options, _links, _children, _http, _random, _logger), _options, _time, _logger, Changed);
                _groups[order.Group] = group;
            }
        }
        await group.ApplyAsync(order);
        return null;
    }

    public async Task StopAsync(StopOrder order)
    {
        if (order.LeaseId is { } lease)
            await StopLeaseAsync(lease);
        if (order.Group is not { } id)
            return;
        ShardGroup? group;
        lock (_gate)
        {
            // Not offered from here on; what runs on it may still end.
            if (!_groups.Remove(id, out group))
                return;
        }
        Changed();
        await group.EndAsync(order.Reason ?? "the sharded model was removed", order.Drain, CancellationToken.None);
    }

    /// <summary>The lease under which a raw stream may be opened, or null.</summary>
    public MemberLease? FindLease(string id)
    {
        lock (_gate)
            return _leases.GetValueOrDefault(id);
    }

    public async ValueTask DisposeAsync()
    {
        IAsyncDisposable[] parts;
        lock (_gate)
        {
            if (_disposed)
                return;
            _disposed = true;
            parts = [.. _groups.Values, .. _leases.Values];
            _groups.Clear();
            _leases.Clear();
        }
        foreach (var part in parts)
            await part.DisposeAsync();
        _http.Dispose();
    }

    private async Task StopLeaseAsync(string id)
    {
        MemberLease? lease;
        lock (_gate)
            _leases.Remove(id, out lease);
        if (lease is null)
            return;
        await lease.DisposeAsync();
        Changed();
    }

    private void Changed()
    {
        lock (_gate)
        {
            foreach (var ended in _groups.Where(static group => group.Value.Ended).Select(static group => group.Key).ToList())
                _groups.Remove(ended);
            Offers = [.. _groups.Values.Select(group => new ModelOffer
            {
                Model = group.Order.Model,
                Endpoints = Endpoints,
                Slots = group.Order.Slots,
                // A group that lost its engine waits for its next plan, and its requests with it.
                State = group.Report.State == PartState.Ready ? ModelState.Ready : ModelState.Loading,
                Runtime = Name,
                ContextLength = group.Order.ContextLength,
                ContinuesPrefix = true,
            })];
        }
        OffersChanged?.Invoke();
        ReportChanged?.Invoke();
    }
}
