using System.Globalization;

namespace Resultity.Bench;

/// <summary>What a run does, from the command line.</summary>
internal sealed class RunOptions
{
    public const string Usage = """
        bench/run [options]
          --only A,B      these scenarios (all)
          --targets A,B   of stub, nginx, resultity (all)
          --rounds N      each target takes its turn N times (5)
          --seconds S     of load for each turn (5)
          --quick         few connections, one second, one round: shows that it works, measures nothing
          --out FILE      writes the tables there (bench/results/DATE-COMMIT.md; not in quick mode)
          --batches       measures batches and files instead (bench/results/DATE-COMMIT-batches.md)
          --submit        measures durable submits on SQLite and PostgreSQL instead (bench/results/DATE-COMMIT-submit.md)
          --multimodel    measures several models for one request instead (bench/results/DATE-COMMIT-multimodel.md)
          --list          lists the scenarios
        """;

    public string Folder { get; private set; } = "artifacts/bench";
    public string[] Only { get; private set; } = [];
    public string[] Targets { get; private set; } = ["stub", "nginx", "resultity"];
    public int Rounds { get; private set; } = 5;
    public double Seconds { get; private set; } = 5;
    public bool Quick { get; private set; }
    public bool List { get; private set; }
    public bool Batches { get; private set; }
    public bool Submit { get; private set; }
    public bool Multimodel { get; private set; }
    public string? Out { get; private set; }

    public static RunOptions Parse(string[] args)
    {
        var options = new RunOptions();
        for (var i = 0; i < args.Length; i++)
        {
            var name = args[i];
            string Value() => ++i < args.Length ? args[i] : throw new FormatException($"{name} needs a value");
            switch (name)
            {
                case "--programs": options.Folder = Value(); break;
                case "--only": options.Only = Value().Split(','); break;
                case "--targets": options.Targets = Value().Split(','); break;
                case "--rounds": options.Rounds = int.Parse(Value(), CultureInfo.InvariantCulture); break;
                case "--seconds": options.Seconds = double.Parse(Value(), CultureInfo.InvariantCulture); break;
                case "--out": options.Out = Value(); break;
                case "--list": options.List = true; break;
                case "--batches": options.Batches = true; break;
                case "--submit": options.Submit = true; break;
                case "--multimodel": options.Multimodel = true; break;
                case "--quick":
                    options.Quick = true;
                    options.Rounds = 1;
                    options.Seconds = 1;
                    break;
                default: throw new FormatException($"'{name}' is not an option");
            }
        }

        foreach (var name in options.Only)
        {
            if (Scenarios.All.All(scenario => scenario.Name != name)) throw new FormatException($"'{name}' is not a scenario; --list lists them");
        }

        return options;
    }
}
