using System.Globalization;

namespace Resultity.Chaos;

/// <summary>What is to be done, from the command line.</summary>
internal sealed record ChaosOptions
{
    public const string Usage = """
        chaos [options]
          --rounds N         how often something is killed (10)
          --database WHICH   sqlite, postgres (a server of its own), or a postgres:// URL of an empty database (sqlite)
          --gateways N       how many gateways share the database, each with a node of its own (1; on PostgreSQL 2)
          --seed N           which rounds (1)
          --clients N        clients of each kind: polling, synchronous, batch (4)
          --report FILE      where the report goes, beside standard output
        """;

    public int Rounds { get; init; } = 10;
    public string Database { get; init; } = "sqlite";
    public int Gateways { get; init; }
    public int Seed { get; init; } = 1;
    public int Clients { get; init; } = 4;
    public string? Report { get; init; }

    public bool IsSqlite => Database == "sqlite";

    /// <exception cref="FormatException">An option is unknown or its value is wrong; the message says which.</exception>
    public static ChaosOptions Parse(string[] args)
    {
        var options = new ChaosOptions();
        for (var i = 0; i < args.Length; i += 2)
        {
            var name = args[i];
            var value = i + 1 < args.Length ? args[i + 1] : throw new FormatException($"{name} needs a value");
            int Number() => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
                ? number : throw new FormatException($"{name} needs a number above 0, not '{value}'");
            options = name switch
            {
                "--rounds" => options with { Rounds = Number() },
                "--database" => options with { Database = value },
                "--gateways" => options with { Gateways = Number() },
                "--seed" => options with { Seed = Number() },
                "--clients" => options with { Clients = Number() },
                "--report" => options with { Report = value },
                _ => throw new FormatException($"'{name}' is not an option"),
            };
        }

        if (options.Gateways == 0)
        {
            options = options with { Gateways = options.IsSqlite ? 1 : 2 };
        }

        return options is { IsSqlite: true, Gateways: > 1 } ? throw new FormatException("gateways that share a database need PostgreSQL") : options;
    }
}
