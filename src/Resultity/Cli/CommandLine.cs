using System.CommandLine;
using System.Text.Json;
using Resultity.Verbs;
using Resultity.Verbs.Images;
using Resultity.Verbs.Videos;

namespace Resultity.Cli;

/// <summary>The whole command line: the verbs, and how failures become exit codes.</summary>
internal static class CommandLine
{
    public static RootCommand Create(Terminal terminal)
    {
        var root = new RootCommand("Resultity: an OpenAI-compatible inference cloud over a network of nodes.")
        {
            new UpVerb(terminal),
            new GatewayVerb(terminal),
            new NodeVerb(terminal),
            new ChatVerb(terminal),
            new TranscribeVerb(terminal),
            new SpeakVerb(terminal),
            new RequestVerb(terminal),
            new BatchVerb(terminal),
            new FilesVerb(terminal),
            new WebhooksVerb(terminal),
            new ImageVerb(terminal),
            new DescribeVerb(terminal),
            new VideoVerb(terminal),
            new ModelsVerb(terminal),
            new NodesVerb(terminal),
            new SubcloudsVerb(terminal),
            new ShardsVerb(terminal),
            new KeysVerb(terminal),
            new UsageVerb(terminal),
            new StatusVerb(terminal),
            new BenchVerb(terminal),
            new CompletionVerb(terminal),
        };
        root.HelpName = "resultity";
        HelpWithExamples.Attach(root);
        return root;
    }

    /// <summary>Parses and runs one command line.</summary>
    /// <param name="cancellation">Ends the command; it then exits with <see cref="ExitCode.Interrupted"/>.</param>
    public static async Task<int> RunAsync(Terminal terminal, string[] arguments, CancellationToken cancellation)
    {
        var parsed = Create(terminal).Parse(arguments);
        if (WithList(parsed, arguments) is { } listing) parsed = Create(terminal).Parse(listing);
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpWithExamples)
        {
            return WrongUsage(terminal, parsed);
        }

        try
        {
            return await parsed.InvokeAsync(
                new InvocationConfiguration
                {
                    Output = terminal.Out,
                    Error = terminal.Error,
                    EnableDefaultExceptionHandler = false,
                    // Signals are this program's own: a host drains, a chat stops one answer.
                    ProcessTerminationTimeout = null,
                },
                cancellation);
        }
        catch (CliException failure)
        {
            terminal.Fail(failure.Message, failure.Hint);
            return failure.ExitCode;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or HttpRequestException or JsonException)
        {
            terminal.Fail(failure.Message, null);
            return ExitCode.Failure;
        }
    }

    /// <summary><c>resultity keys</c> means <c>resultity keys list</c>, where there is something to list.</summary>
    private static string[]? WithList(ParseResult parsed, string[] arguments)
    {
        if (parsed.CommandResult.Command is not { Action: null } group || group.Subcommands.All(command => command.Name != "list")) return null;
        var depth = Path(group).Count - 1;
        return parsed.Action is not HelpWithExamples && arguments.Length >= depth && (arguments.Length == depth || arguments[depth].StartsWith('-'))
            ? [.. arguments.Take(depth), "list", .. arguments.Skip(depth)]
            : null;
    }

    private static int WrongUsage(Terminal terminal, ParseResult parsed)
    {
        var command = parsed.CommandResult.Command;
        // A bare `resultity` is a question, not a mistake: the answer is the list of what can follow.
        if (command is { Subcommands.Count: > 0, Action: null } && parsed.UnmatchedTokens.Count == 0 && parsed.Errors.Count == 1)
        {
            Create(terminal).Parse([.. Path(command).Skip(1), "--help"])
                .Invoke(new InvocationConfiguration { Output = terminal.Error, Error = terminal.Error });
            return ExitCode.Usage;
        }

        foreach (var error in parsed.Errors) terminal.Fail(error.Message, null);
        terminal.Error.WriteLine($"See '{string.Join(' ', Path(command))} --help'.");
        return ExitCode.Usage;
    }

    private static Stack<string> Path(Command command)
    {
        var names = new Stack<string>();
        for (Symbol? symbol = command; symbol is Command; symbol = symbol.Parents.FirstOrDefault())
        {
            names.Push(symbol is RootCommand ? "resultity" : symbol.Name);
        }

        return names;
    }
}
