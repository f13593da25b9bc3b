namespace Resultity.Onnx.Templates.Values;

/// <summary>What a filter, test, method or function was called with.</summary>
/// <param name="Owner">Its name, for messages.</param>
/// <param name="Positional">The arguments without names.</param>
/// <param name="Named">The arguments with names.</param>
internal sealed record Arguments(string Owner, IReadOnlyList<Value> Positional, IReadOnlyDictionary<string, Value> Named)
{
    private static readonly Dictionary<string, Value> Nothing = [];

    public static Arguments Of(string owner, params Value[] positional) => new(owner, positional, Nothing);

    /// <summary>The argument at a place or of a name, or null.</summary>
    public Value? At(int place, string name) =>
        place < Positional.Count ? Positional[place] : Named.TryGetValue(name, out var value) ? value : null;

    public Value Required(int place, string name) => At(place, name) ?? throw new TemplateException($"'{Owner}' needs the argument '{name}'");

    public bool Flag(int place, string name, bool otherwise = false) => At(place, name)?.IsTrue ?? otherwise;

    public long Integer(int place, string name, long otherwise) => At(place, name) switch
    {
        null or NoneValue => otherwise,
        IntegerValue integer => integer.Number,
        BooleanValue flag => flag.IsTrue ? 1 : 0,
        var other => throw new TemplateException($"'{Owner}': '{name}' is to be an int, not {other.KindName}"),
    };

    public TextValue Text(int place, string name) => Required(place, name) is TextValue text
        ? text
        : throw new TemplateException($"'{Owner}': '{name}' is to be a string, not {Required(place, name).KindName}");

    public TextValue? OptionalText(int place, string name) => At(place, name) is null or NoneValue ? null : Text(place, name);
}
