using System.Collections.Immutable;
using System.Text;
using System.Threading.Channels;
using Npgsql;
using Resultity.Contracts.Values;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Postgres;

/// <summary>Signals as notifications of the database: one connection listens, and what is said within a moment goes out as one notification.</summary>
/// <remarks>
/// Not part of the transactions that they speak of: PostgreSQL lets only one transaction with a notification commit at a time. They are sent after
/// the commit, so that whoever hears them reads what they mean.
/// </remarks>
internal sealed class PostgresSignals : IGatewaySignals, IAsyncDisposable
{
    private const string ChannelName = "resultity";
    private const int MaxPayload = 7_900;
    private const int MaxWaiting = 65_536;

    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Reconnect = TimeSpan.FromSeconds(1);

    private readonly PostgresDatabase _database;
    private readonly TimeProvider _time;
    private readonly string _self;
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<(string Topic, string Text)> _outbox;
    private readonly Task _running;
    private ImmutableArray<Subscription> _subscriptions = [];
    private int _lost;

    public PostgresSignals(PostgresDatabase database, TimeProvider time)
    {
        (_database, _time, _self) = (database, time, Id.New("", time));
        _outbox = Channel.CreateBounded<(string, string)>(
            new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true }, _ => Interlocked.Exchange(ref _lost, 1));
        _running = Task.WhenAll(Task.Run(SendAsync), Task.Run(ListenAsync));
    }

    /// <inheritdoc/>
    public void Publish(string topic, string text) => _outbox.Writer.TryWrite((topic, text));

    /// <inheritdoc/>
    public IDisposable Subscribe(string topic, Action<string> received)
    {
        var subscription = new Subscription(this, topic, received);
        ImmutableInterlocked.Update(ref _subscriptions, static (all, added) => all.Add(added), subscription);
        return subscription;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _outbox.Writer.TryComplete();
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task SendAsync()
    {
        while (await _outbox.Reader.WaitToReadAsync())
        {
            var messages = new HashSet<(string Topic, string Text)>();
            while (messages.Count < MaxWaiting && _outbox.Reader.TryRead(out var message))
            {
                messages.Add(message);
            }

            if (Interlocked.Exchange(ref _lost, 0) == 1)
            {
                messages = [.. messages.Select(static message => (message.Topic, ""))];
            }

            if (!await TrySendAsync(messages))
            {
                Interlocked.Exchange(ref _lost, 1);
            }

            if (!_stop.IsCancellationRequested)
            {
                await Task.Delay(Gather, _time);
            }
        }
    }

    private async Task<bool> TrySendAsync(HashSet<(string Topic, string Text)> messages)
    {
        try
        {
            foreach (var payload in Pack(messages))
            {
                await _database.ReadAsync(async connection =>
                {
                    await using var command = connection.CreateCommand();
                    command.CommandText = "SELECT pg_notify($1, $2)";
                    command.Parameters.Add(new NpgsqlParameter { Value = ChannelName });
                    command.Parameters.Add(new NpgsqlParameter { Value = payload });
                    return await command.ExecuteNonQueryAsync();
                }, CancellationToken.None);
            }

            return true;
        }
        catch (Exception exception) when (exception is StorageException or ObjectDisposedException)
        {
            return false;
        }
    }

    private IEnumerable<string> Pack(IEnumerable<(string Topic, string Text)> messages)
    {
        var payload = new StringBuilder(_self);
        foreach (var (topic, text) in messages)
        {
            if (payload.Length + topic.Length + text.Length + 2 > MaxPayload)
            {
                yield return payload.ToString();
                payload.Clear().Append(_self);
            }

            payload.Append('\n').Append(topic).Append(' ').Append(text);
        }

        yield return payload.ToString();
    }

    private async Task ListenAsync()
    {
        for (var isFirst = true; !_stop.IsCancellationRequested; isFirst = false)
        {
            try
            {
                await using var connection = await _database.OpenListenerAsync(_stop.Token);
                connection.Notification += (_, notification) => Receive(notification.Payload);
                await using (var command = new NpgsqlCommand("LISTEN " + ChannelName, connection))
                {
                    await command.ExecuteNonQueryAsync(_stop.Token);
                }

                if (!isFirst)
                {
                    // What was said meanwhile is not said again.
                    foreach (var subscription in _subscriptions)
                    {
                        subscription.Received("");
                    }
                }

                while (true)
                {
                    await connection.WaitAsync(_stop.Token);
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (NpgsqlException)
            {
                // The server is away, which the writes and reads report.
                try
                {
                    await Task.Delay(Reconnect, _time, _stop.Token);
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
        }
    }

    private void Receive(string payload)
    {
        var lines = payload.Split('\n');
        if (lines[0] == _self)
        {
            return;
        }

        foreach (var line in lines.AsSpan(1))
        {
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            foreach (var subscription in _subscriptions)
            {
                if (space == subscription.Topic.Length && line.StartsWith(subscription.Topic, StringComparison.Ordinal))
                {
                    subscription.Received(line[(space + 1)..]);
                }
            }
        }
    }

    private sealed record Subscription(PostgresSignals Signals, string Topic, Action<string> Received) : IDisposable
    {
        public void Dispose() => ImmutableInterlocked.Update(ref Signals._subscriptions, static (all, gone) => all.Remove(gone), this);
    }
}
