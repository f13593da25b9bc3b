using System.Collections.Concurrent;
using System.Net.Http.Headers;
using Resultity.Contracts.Values;
using Resultity.Serving;

namespace Resultity.Gateway.Tests.Kit;

/// <summary>A fleet whose nodes are reached by plain HTTP, without links: enough to test everything in front of the fleet.</summary>
internal sealed class HttpFleet : IFleet, IDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly ConcurrentDictionary<string, Uri> _nodes = new();

    public void Add(string nodeId, Uri address) => _nodes[nodeId] = address;

    /// <summary>The identifier of the request that was sent to a node last.</summary>
    public string LastRequestId { get; private set; } = "";

    public async ValueTask<Outcome<NodeExchange>> SendAsync(string nodeId, WorkOrder order, CancellationToken cancellation)
    {
        LastRequestId = order.RequestId;
        var content = new ReadOnlyMemoryContent(order.Body);
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(order.ContentType);
        using var message = new HttpRequestMessage(HttpMethod.Post, new Uri(_nodes[nodeId], order.Endpoint.Path)) { Content = content };
        try
        {
            var response = await _client.SendAsync(message, HttpCompletionOption.ResponseHeadersRead, cancellation);
            return new HttpExchange(response, await response.Content.ReadAsStreamAsync(cancellation));
        }
        catch (HttpRequestException)
        {
            return Lost;
        }
    }

    public void Dispose() => _client.Dispose();

    internal static Fault Lost { get; } = new(FaultKind.BadNodeAnswer, "node_lost", "The node could not be reached.") { OtherNodeMayAnswer = true };

    private sealed class HttpExchange(HttpResponseMessage response, Stream body) : NodeExchange
    {
        private readonly byte[] _buffer = new byte[64 * 1024];

        public override int Status => (int)response.StatusCode;

        public override string? ContentType => response.Content.Headers.ContentType?.ToString();

        public override string? Note(string name) => response.Headers.TryGetValues(name, out var values) ? values.First() : null;

        public override async ValueTask<NodeRead> ReadAsync(CancellationToken cancellation)
        {
            try
            {
                var read = await body.ReadAsync(_buffer, cancellation);
                return new NodeRead(_buffer.AsMemory(0, read), read == 0);
            }
            catch (Exception exception) when (exception is IOException or HttpRequestException)
            {
                return new NodeRead(default, false, Lost);
            }
        }

        public override ValueTask DisposeAsync()
        {
            response.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
