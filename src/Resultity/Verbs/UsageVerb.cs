using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Verbs;

/// <summary><c>resultity usage</c>: what was used, and whether the books balance, through the admin API.</summary>
internal sealed class UsageVerb : Verb
{
    private static readonly string[] Groups = ["model", "key", "namespace", "endpoint", "node", "day"];

    public UsageVerb(Terminal terminal)
        : base(terminal, "usage", "Sum up what was used, and check that the ledger balances.")
    {
        Add(new ListVerb(terminal));
        Add(new CheckVerb(terminal));
        Examples =
        [
            ("resultity usage", "the last day, by model"),
            ("resultity usage list --by day --since 30d --namespace nightly", "a month of one namespace"),
            ("resultity usage check", "exits with 1 if requests, batches and sums do not agree with the ledger"),
        ];
    }

    private static Option<string?> Since(string standard) =>
        new("--since") { Description = $"How far back, such as 12h or 30d [default: {standard}]", HelpName = "duration" };

    private static long Before(Terminal terminal, string duration) => terminal.Time.GetUtcNow().ToUnixTimeSeconds() - (long)Duration.Parse("--since", duration).TotalSeconds;

    private sealed class ListVerb : Verb
    {
        private readonly Option<string> _by = new("--by") { Description = $"What is summed up: {string.Join(", ", Groups)}", HelpName = "what", DefaultValueFactory = static _ => Groups[0] };
        private readonly Option<string?> _since = Since("1d");
        private readonly Option<string?> _namespace = new("--namespace") { Description = "Only this namespace", HelpName = "name" };
        private readonly Option<string?> _keyId = new("--key-id") { Description = "Only this API key, by its id", HelpName = "key_…" };
        private readonly Option<string?> _model = new("--model") { Description = "Only this model", HelpName = "name" };
        private readonly Option<bool> _json = new("--json") { Description = "Print the list object" };

        public ListVerb(Terminal terminal)
            : base(terminal, "list", "Sum up requests, tokens, images and seconds of sound.")
        {
            _by.AcceptOnlyFromAmong(Groups);
            foreach (var option in (Option[])[_by, _since, _namespace, _keyId, _model, _json]) Add(option);
            var connection = new ConnectionOptions(this, terminal, admin: true);
            Runs(async (parsed, cancellation) =>
            {
                var path = Query(parsed);
                using var client = connection.Open(parsed);
                var list = await client.JsonAsync(HttpMethod.Get, path, null, cancellation);
                if (parsed.GetValue(_json))
                {
                    terminal.WriteJson(list);
                    return ExitCode.Ok;
                }

                var by = parsed.GetRequiredValue(_by);
                Table.Write(terminal, [by.ToUpperInvariant(), "REQUESTS", "FAILED", "INPUT", "CACHED", "OUTPUT", "IMAGES", "SOUND"], [.. list.Items("data").Select(sum => new[]
                {
                    sum.Text(by), sum.Text("requests"), sum.Text("failed"), sum.Text("input_tokens"), sum.Text("cached_tokens"), sum.Text("output_tokens"), sum.Text("images"), Sound(sum),
                })]);
                return ExitCode.Ok;
            });
        }

        private static string Sound(JsonNode sum) => sum.Number("audio_seconds") is > 0 and { } seconds ? string.Create(CultureInfo.InvariantCulture, $"{seconds:0.#} s") : "0";

        private string Query(ParseResult parsed)
        {
            var query = $"admin/v1/usage?group_by={parsed.GetRequiredValue(_by)}";
            if (parsed.GetValue(_since) is { } since) query += string.Create(CultureInfo.InvariantCulture, $"&from={Before(Terminal, since)}");
            foreach (var (name, value) in (ReadOnlySpan<(string, string?)>)[("namespace", parsed.GetValue(_namespace)), ("key", parsed.GetValue(_keyId)), ("model", parsed.GetValue(_model))])
            {
                if (value is not null) query += $"&{name}={Uri.EscapeDataString(value)}";
            }

            return query;
        }
    }

    private sealed class CheckVerb : Verb
    {
        public CheckVerb(Terminal terminal)
            : base(terminal, "check", "Compare requests, batches and sums with the ledger; exits with 1 if they differ.")
        {
            var since = Since("all there is");
            var json = new Option<bool>("--json") { Description = "Print the check object" };
            Add(since);
            Add(json);
            var connection = new ConnectionOptions(this, terminal, admin: true);
            Runs(async (parsed, cancellation) =>
            {
                var path = "admin/v1/usage/check";
                if (parsed.GetValue(since) is { } given) path += string.Create(CultureInfo.InvariantCulture, $"?from={Before(terminal, given)}");
                using var client = connection.Open(parsed);
                var check = await client.JsonAsync(HttpMethod.Get, path, null, cancellation);
                var isBalanced = check.Text("balanced") == "true";
                if (parsed.GetValue(json)) terminal.WriteJson(check);
                else if (isBalanced) terminal.Out.WriteLine("The ledger balances.");
                else terminal.Fail($"The ledger does not balance: {check.Text("sums")} sums, {check.Text("requests")} requests and {check.Text("batches")} batches differ from it.", "This is a defect; please report it.");
                return isBalanced ? ExitCode.Ok : ExitCode.Failure;
            });
        }
    }
}
