using Resultity.Node.Runtimes.Processes;

namespace Resultity.Node.Doctor;

/// <summary>Looks whether the programs are there, run, and which versions they are.</summary>
internal sealed class EngineExam(ChildHost children, SystemFamily family)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private const int MostLines = 200;

    /// <param name="engine">The program.</param>
    /// <param name="program">Its path or name, as it is configured.</param>
    /// <param name="needed">Whether the node needs it.</param>
    /// <param name="cancellation">Ends the look.</param>
    public async Task<EngineFinding> LookAsync(KnownEngine engine, string program, bool needed, CancellationToken cancellation)
    {
        var finding = new EngineFinding { Name = engine.Name, Serves = engine.Serves, Needed = needed };
        if (ProgramPath.Find(program) is not { } path)
            return finding with { Problem = program == engine.Name ? "it is not on the PATH" : $"there is no program {program}", Advice = InstallAdvice.For(engine.Name, family) };
        try
        {
            return finding with { Path = path, Version = await VersionAsync(engine, path, cancellation) };
        }
        catch (ChildException failure)
        {
            return finding with { Path = path, Problem = failure.Message, Advice = InstallAdvice.For(engine.Name, family) };
        }
    }

    private async Task<string?> VersionAsync(KnownEngine engine, string path, CancellationToken cancellation)
    {
        var said = new LogRing();
        var run = new ProgramRun { Program = path, Arguments = engine.Question, Timeout = Patience, MaxOutput = 1 << 20, ErrorLine = said.Add };
        var output = await run.RunAsync(children, default, cancellation);
        var text = System.Text.Encoding.UTF8.GetString(output) + "\n" + string.Join('\n', said.Last(MostLines));
        return engine.Version?.Match(text) is { Success: true } match ? match.Groups[1].Value : null;
    }
}
