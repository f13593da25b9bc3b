using System.CommandLine;
using Resultity.Bench;
using Resultity.Cli;
using Resultity.Client;

namespace Resultity.Verbs;

/// <summary><c>resultity bench</c>: a small load run against a chat endpoint.</summary>
internal sealed class BenchVerb : Verb
{
    private readonly Option<string?> _model = new("--model", "-m") { Description = "The model [default: the first that can chat]", HelpName = "name" };
    private readonly Option<int> _concurrency = new("--concurrency", "-c") { Description = "Requests at the same time", HelpName = "count", DefaultValueFactory = _ => 4 };
    private readonly Option<int> _requests = new("--requests", "-n") { Description = "Requests in all", HelpName = "count", DefaultValueFactory = _ => 32 };
    private readonly Option<int> _maxTokens = new("--max-tokens") { Description = "The most tokens of each answer", HelpName = "count", DefaultValueFactory = _ => 64 };
    private readonly Option<string> _prompt = new("--prompt", "-p") { Description = "What is asked", HelpName = "text", DefaultValueFactory = _ => "Tell me a short story." };
    private readonly Option<bool> _json = new("--json") { Description = "Print the figures as JSON" };
    private readonly ConnectionOptions _connection;

    public BenchVerb(Terminal terminal)
        : base(terminal, "bench", "Measure a chat endpoint: requests and tokens per second, time to first token, inter-token latency.")
    {
        foreach (var option in (Option[])[_model, _concurrency, _requests, _maxTokens, _prompt, _json]) Add(option);
        foreach (var option in (Option<int>[])[_concurrency, _requests, _maxTokens])
        {
            option.Validators.Add(result =>
            {
                if (result.Tokens.Count == 1 && int.TryParse(result.Tokens[0].Value, out var value) && value is < 1 or > 1_000_000)
                {
                    result.AddError($"{result.IdentifierToken?.Value} must be between 1 and 1000000.");
                }
            });
        }

        _connection = new ConnectionOptions(this, terminal);
        Examples =
        [
            ("resultity bench", "32 streamed chats, 4 at a time, against the local gateway"),
            ("resultity bench -c 16 -n 500 --json", "more of them, with figures for scripts"),
        ];
        Runs(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        using var client = _connection.Open(parsed);
        var model = parsed.GetValue(_model) ?? await ModelChoice.FirstAsync(client, "/v1/chat/completions", cancellation);
        var run = new LoadRun(client, Terminal.Time, model, parsed.GetRequiredValue(_prompt), parsed.GetValue(_maxTokens));
        Terminal.Note($"{parsed.GetValue(_requests)} streamed chats with {Table.Safe(model)} at {client.Url}, {parsed.GetValue(_concurrency)} at a time");
        var report = await run.RunAsync(parsed.GetValue(_concurrency), parsed.GetValue(_requests), cancellation);
        if (parsed.GetValue(_json)) Terminal.WriteJson(report.ToJson());
        else report.Write(Terminal);
        return report.Completed > 0 && report.Failed == 0 ? ExitCode.Ok : ExitCode.Failure;
    }
}
