using Resultity.Contracts.Values;

namespace Resultity.Serving.Multimodel.Plans;

/// <summary>
/// Reads names that stand for several models:
/// <code>
/// any   = all *("|" all)        the first that answers
/// all   = one *("+" one)        all at once
/// one   = name / "(" any ")"
/// </code>
/// </summary>
/// <remarks>A model whose own name has these characters is taken as that model, the longest such name first.</remarks>
internal ref struct PlanText(ReadOnlySpan<char> text, PlanNames names, string param)
{
    private const int MostNested = 4;
    private readonly ReadOnlySpan<char> _text = text;
    private readonly PlanNames _names = names;
    private readonly string _param = param;
    private int _at;
    private int _count;
    private int _depth;
    private Fault? _fault;

    /// <summary>Whether a name has to be read at all.</summary>
    public static bool MayBe(ReadOnlySpan<char> name) => name.ContainsAny('|', '+');

    /// <summary>Reads the whole text.</summary>
    public Outcome<Plan> Read()
    {
        var plan = ReadAny();
        if (_fault is null && _at < _text.Length)
        {
            Fail($"there is a '{_text[_at]}' too many at position {_at + 1}");
        }

        return _fault ?? (Outcome<Plan>)plan!;
    }

    private Plan? ReadAny()
    {
        var first = ReadAll();
        if (_fault is not null || !Take('|'))
        {
            return first;
        }

        var all = new List<Plan>();
        Flatten(all, first!);
        do
        {
            if (ReadAll() is not { } next)
            {
                return null;
            }

            Flatten(all, next);
        }
        while (Take('|'));
        return new FallbackPlan(all);

        static void Flatten(List<Plan> into, Plan plan) => into.AddRange(plan is FallbackPlan inner ? inner.Alternatives : [plan]);
    }

    private Plan? ReadAll()
    {
        var first = ReadOne();
        if (_fault is not null || !Take('+'))
        {
            return first;
        }

        var members = new List<Plan> { first! };
        do
        {
            if (ReadOne() is not { } next)
            {
                return null;
            }

            members.Add(next);
        }
        while (Take('+'));
        return members.Exists(static member => member.HasParallel)
            ? Fail("models that run at once cannot be members of others that run at once; '|' within parentheses is possible")
            : new ParallelPlan(new MultimodelSpec { Mode = MultimodelMode.All, Members = [.. members.Select(static member => new MemberSpec(member.Label))] }, members);
    }

    private Plan? ReadOne()
    {
        if (Take('('))
        {
            if (++_depth > MostNested)
            {
                return Fail($"parentheses are nested deeper than {MostNested} levels");
            }

            var inner = ReadAny();
            _depth--;
            return _fault is null && !Take(')') ? Fail("a ')' is missing") : inner;
        }

        var length = NameLength();
        var name = _text.Slice(_at, length).Trim().ToString();
        _count++;
        if (name.Length == 0)
        {
            return Fail($"its model number {_count} has no name");
        }

        if (_count > MultimodelSpec.MostModels)
        {
            return Fail($"it names more than {MultimodelSpec.MostModels} models");
        }

        _at += length;
        return _names.Expand(name);
    }

    /// <summary>Up to the next sign; further, if that is the name of a model there is.</summary>
    private readonly int NameLength()
    {
        var rest = _text[_at..];
        var first = rest.IndexOfAny("|+()");
        if (first < 0)
        {
            return rest.Length;
        }

        for (var end = rest.Length; end > first; end--)
        {
            if ((end == rest.Length || rest[end] is '|' or '+' or ')') && _names.IsModel(rest[..end].ToString()))
            {
                return end;
            }
        }

        return first;
    }

    private bool Take(char sign)
    {
        while (_at < _text.Length && _text[_at] == ' ')
        {
            _at++;
        }

        if (_fault is null && _at < _text.Length && _text[_at] == sign)
        {
            _at++;
            return true;
        }

        return false;
    }

    private Plan? Fail(string what)
    {
        var shown = _text.Length <= 128 ? _text.ToString() : string.Concat(_text[..128], "…");
        _fault ??= Fault.Invalid($"No model is called '{shown}', and it does not name several models either: {what}. Expected names joined as 'a|b' or 'a+b'.", _param);
        return null;
    }
}
