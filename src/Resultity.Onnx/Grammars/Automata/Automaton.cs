using System.Runtime.InteropServices;

namespace Resultity.Onnx.Grammars.Automata;

/// <summary>
/// Reads bytes by a grammar: a set of stacks in parallel, with every set that comes up kept as a state, so that a step that was
/// taken before is a look-up. Not thread-safe.
/// </summary>
/// <remarks>
/// No state is a dead end: an alternative is entered only if it can be completed within <see cref="MaxDepth"/>.
/// </remarks>
internal sealed class Automaton(Node root)
{
    /// <summary>How deep references may nest.</summary>
    public const int MaxDepth = 32;

    private const int MaxReadings = 20_000;
    private const int MaxStates = 20_000;
    private readonly Dictionary<(int, int, int), Frame> _frames = [];
    private readonly Dictionary<StateKey, State> _states = [];
    private readonly List<Reading> _readings = [];
    private readonly HashSet<(int, int)> _entered = [];
    private bool _accepting;
    private int _frameIds;

    /// <summary>Where no text leads on from.</summary>
    public static State Dead { get; } = new([], false);

    public State Start()
    {
        Begin();
        Enter(root, null);
        return End();
    }

    public State Step(State state, byte value)
    {
        var next = state.Next ??= new State?[256];
        return next[value] ??= Compute(state, value);
    }

    /// <summary>
    /// The state that stands for all those which differ only in repetitions so far from their limits that no token reaches them:
    /// they have one mask.
    /// </summary>
    /// <param name="state">Any state.</param>
    /// <param name="reach">The bytes of the longest token.</param>
    public State Alike(State state, int reach)
    {
        if (state.Alike is { } known) return known;
        Begin();
        _accepting = state.Accepting;
        foreach (var reading in state.Readings)
            if (Clamped(reading.After, reach) is var after && _entered.Add((reading.Next.Id, after?.Id ?? -1))) _readings.Add(new Reading(reading.Next, after));
        var result = End();
        result.Alike = result;
        return state.Alike = result;
    }

    private Frame? Clamped(Frame? frame, int reach)
    {
        if (frame?.Clamped is not null || frame is null) return frame?.Clamped;
        var place = frame.Place;
        if (frame.Node is RepeatNode repeat)
        {
            if (place < repeat.Least) place = Math.Max(place, repeat.Least - reach - 1);
            else if (repeat.Most != RepeatNode.Unlimited && repeat.Most - place > reach) place = Math.Max(repeat.Least, repeat.Most - reach - 1);
        }
        var below = Clamped(frame.Below, reach);
        return frame.Clamped = place == frame.Place && ReferenceEquals(below, frame.Below) ? frame : Push(frame.Node, place, below);
    }

    private State Compute(State state, byte value)
    {
        Begin();
        foreach (var reading in state.Readings)
            if (reading.Next.Set.Contains(value)) Continue(reading.After);
        return _readings.Count == 0 && !_accepting ? Dead : End();
    }

    private void Begin()
    {
        _readings.Clear();
        _entered.Clear();
        _accepting = false;
    }

    private State End()
    {
        // Old states stay valid without the tables; what is kept is bounded.
        if (_states.Count >= MaxStates)
        {
            _states.Clear();
            _frames.Clear();
        }
        var key = StateKey.Of(_readings, _accepting);
        ref var state = ref CollectionsMarshal.GetValueRefOrAddDefault(_states, key, out _);
        return state ??= new State([.. _readings], _accepting);
    }

    private void Enter(Node node, Frame? after)
    {
        // Two ways to the same place are one.
        if (!_entered.Add((node.Id, after?.Id ?? -1))) return;
        switch (node)
        {
            case BytesNode bytes:
                if (_readings.Count >= MaxReadings) throw new GrammarException("#", "has too many alternatives at one place.");
                _readings.Add(new Reading(bytes, after));
                break;
            case SequenceNode sequence:
                if (sequence.Parts.Length == 0) Continue(after);
                else Enter(sequence.Parts[0], Push(sequence, 1, after));
                break;
            case ChoiceNode choice:
                foreach (var option in choice.Options)
                    if (Fits(option, after)) Enter(option, after);
                break;
            case RepeatNode repeat:
                Again(repeat, 0, after);
                break;
            case ReferenceNode reference:
                Enter(reference.Target, reference.Nests ? Push(reference, 0, after) : after);
                break;
            default:
                throw new InvalidOperationException("an unknown kind of node");
        }
    }

    private void Continue(Frame? after)
    {
        switch (after?.Node)
        {
            case null:
                _accepting = true;
                break;
            case SequenceNode sequence:
                Enter(sequence.Parts[after.Place], after.Place + 1 < sequence.Parts.Length ? Push(sequence, after.Place + 1, after.Below) : after.Below);
                break;
            case RepeatNode repeat:
                Again(repeat, after.Place, after.Below);
                break;
            default:
                Continue(after.Below);
                break;
        }
    }

    private void Again(RepeatNode repeat, int done, Frame? after)
    {
        if (done >= repeat.Least) Continue(after);
        if (done >= repeat.Most || !Fits(repeat.Body, after)) return;
        // Without an upper limit only the way to the lower one needs counting.
        var count = repeat.Most == RepeatNode.Unlimited ? Math.Min(done + 1, repeat.Least) : done + 1;
        Enter(repeat.Body, Push(repeat, count, after));
    }

    private static bool Fits(Node node, Frame? after) => node.MinDepth <= MaxDepth - (after?.Depth ?? 0);

    private Frame? Push(Node node, int place, Frame? below)
    {
        // The last part of a sequence needs no way back: recursion at the end does not grow the stack.
        if (node is SequenceNode sequence && place >= sequence.Parts.Length) return below;
        ref var frame = ref CollectionsMarshal.GetValueRefOrAddDefault(_frames, (node.Id, place, below?.Id ?? -1), out _);
        return frame ??= new Frame(_frameIds++, node, place, below, (below?.Depth ?? 0) + (node is ReferenceNode ? 1 : 0));
    }
}
