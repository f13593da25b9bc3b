using System.Data.Common;
using Dapper;
using Resultity.Serving.Stores;

namespace Resultity.Storage.Sql;

/// <summary>Whose turn it is: the namespace that has the fewest claimed jobs, among equals the line whose first job has waited longest.</summary>
/// <remarks>Jobs of one namespace for one model wait in one line, so that a busy model holds up nothing but its own lines.</remarks>
internal static class JobTurns
{
    // Steps in the index from one line to the next, so that the cost goes with the lines and not with the jobs in them.
    // Two steps and not one comparison of pairs, for which SQLite uses only the first column of the index.
    internal const string Lines = $"""
        WITH RECURSIVE line (namespace, model, available_at) AS (
            SELECT namespace, model, available_at FROM jobs
            WHERE id = (SELECT id FROM jobs WHERE {SqlJobStore.Unclaimed} ORDER BY namespace, model, available_at, sort_key LIMIT 1)
            UNION ALL
            SELECT j.namespace, j.model, j.available_at FROM line l JOIN jobs j ON j.id = COALESCE(
                (SELECT n.id FROM jobs n WHERE {SqlJobStore.Unclaimed} AND n.namespace = l.namespace AND n.model > l.model
                 ORDER BY n.model, n.available_at, n.sort_key LIMIT 1),
                (SELECT n.id FROM jobs n WHERE {SqlJobStore.Unclaimed} AND n.namespace > l.namespace
                 ORDER BY n.namespace, n.model, n.available_at, n.sort_key LIMIT 1))
        )
        SELECT namespace AS Namespace, model AS Model, available_at AS Oldest FROM line
        """;

    internal const string First = $"""
        SELECT id AS Id, available_at AS AvailableAt FROM jobs
        WHERE {SqlJobStore.Unclaimed} AND namespace = @Namespace AND model = @Model AND available_at <= @now AND deadline > @now
        ORDER BY available_at, sort_key LIMIT @limit
        """;

    // Counted in memory: with GROUP BY, SQLite walks all jobs in the order of their namespaces. Claims are few, a queue is long.
    internal const string Claims = $"SELECT namespace FROM jobs WHERE {SqlJobStore.Claimed} AND lease_owner > ''";

    /// <summary>Chooses the jobs to claim, in the order of their turns.</summary>
    /// <param name="connection">Where.</param>
    /// <param name="transaction">The claim's transaction.</param>
    /// <param name="skipLocked"><see cref="SqlDatabase.SkipLocked"/>.</param>
    /// <param name="room">How many.</param>
    /// <param name="time">The time.</param>
    public static async Task<List<string>> ChooseAsync(DbConnection connection, DbTransaction transaction, string skipLocked, ClaimRoom room, DateTimeOffset time)
    {
        var now = time.ToColumn();
        var lines = (await connection.QueryAsync<LineRow>(Lines, transaction: transaction))
            .Where(line => line.Oldest <= now && room.Of(line.Model) > 0 && room.Takes(line.Namespace, line.Model))
            .OrderBy(static line => line.Oldest)
            .ToList();
        if (lines.Count == 0)
        {
            return [];
        }

        var claimed = (await connection.QueryAsync<string>(Claims, transaction: transaction))
            .CountBy(static @namespace => @namespace)
            .ToDictionary(StringComparer.Ordinal);
        var turns = new PriorityQueue<Line, (int Claimed, long Oldest)>();
        foreach (var line in lines.OrderBy(line => claimed.GetValueOrDefault(line.Namespace)).Take(room.Count))
        {
            var jobs = await connection.QueryAsync<Candidate>(
                First + skipLocked, new { line.Namespace, line.Model, now, limit = Math.Min(room.Count, room.Of(line.Model)) }, transaction);
            Queue(turns, new Line(line.Namespace, line.Model, new Queue<Candidate>(jobs)), claimed);
        }

        return Take(turns, claimed, room);
    }

    private static List<string> Take(PriorityQueue<Line, (int Claimed, long Oldest)> turns, Dictionary<string, int> claimed, ClaimRoom room)
    {
        var chosen = new List<string>(room.Count);
        var taken = new Dictionary<string, int>(StringComparer.Ordinal);
        while (chosen.Count < room.Count && turns.TryDequeue(out var line, out var turn))
        {
            var ofModel = taken.GetValueOrDefault(line.Model);
            if (ofModel >= room.Of(line.Model))
            {
                continue;
            }

            if (turn.Claimed == claimed.GetValueOrDefault(line.Namespace))
            {
                chosen.Add(line.Jobs.Dequeue().Id);
                taken[line.Model] = ofModel + 1;
                claimed[line.Namespace] = turn.Claimed + 1;
            }

            Queue(turns, line, claimed);
        }

        return chosen;
    }

    private static void Queue(PriorityQueue<Line, (int Claimed, long Oldest)> turns, Line line, Dictionary<string, int> claimed)
    {
        if (line.Jobs.TryPeek(out var next))
        {
            turns.Enqueue(line, (claimed.GetValueOrDefault(line.Namespace), next.AvailableAt));
        }
    }

    private sealed record Line(string Namespace, string Model, Queue<Candidate> Jobs);

    private sealed class LineRow
    {
        public string Namespace { get; init; } = "";
        public string Model { get; init; } = "";
        public long Oldest { get; init; }
    }

    private sealed class Candidate
    {
        public string Id { get; init; } = "";
        public long AvailableAt { get; init; }
    }
}
