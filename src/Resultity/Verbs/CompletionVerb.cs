using System.CommandLine;
using Resultity.Cli;

namespace Resultity.Verbs;

/// <summary><c>resultity completion</c>: scripts that teach a shell to complete commands and options.</summary>
internal sealed class CompletionVerb : Verb
{
    // Each script asks the program itself, so that it never falls behind the version that is installed.
    private const string Bash = """
        _resultity() {
            local IFS=$'\n'
            COMPREPLY=($(resultity "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null))
        }
        complete -o default -F _resultity resultity
        """;

    private const string Zsh = """
        #compdef resultity
        _resultity() {
            local -a found
            found=("${(@f)$(resultity "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            compadd -a found
        }
        compdef _resultity resultity
        """;

    private const string Fish = """
        complete -f -c resultity -a '(resultity "[suggest:"(commandline -C)"]" (commandline) 2>/dev/null)'
        """;

    private readonly Argument<string> _shell = new("shell") { Description = "The shell" };

    public CompletionVerb(Terminal terminal)
        : base(terminal, "completion", "Print a script that completes commands and options in your shell.")
    {
        _shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        Add(_shell);
        Examples =
        [
            ("source <(resultity completion bash)", "in ~/.bashrc; the same for zsh in ~/.zshrc"),
            ("resultity completion fish > ~/.config/fish/completions/resultity.fish", "for fish"),
        ];
        Runs((parsed, _) =>
        {
            terminal.Out.WriteLine(parsed.GetRequiredValue(_shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish });
            return Task.FromResult(ExitCode.Ok);
        });
    }
}
