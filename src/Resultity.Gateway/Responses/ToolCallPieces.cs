using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace Resultity.Gateway.Responses;

/// <summary>Finds the call that a piece of a chat answer's <c>tool_calls</c> belongs to.</summary>
internal sealed class ToolCallPieces
{
    private readonly List<Call> _calls = [];

    /// <summary>The calls that are told and not closed.</summary>
    public IEnumerable<FunctionCallItem> Open
    {
        get
        {
            foreach (var call in _calls)
            {
                if (call.Item is { IsClosed: false } item)
                {
                    yield return item;
                }
            }
        }
    }

    /// <summary>Whether a call was begun whose name has not come.</summary>
    public bool HasNameless => _calls.Exists(static call => call.Item is null);

    /// <summary>The call of a piece; a new one if it is the first.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="position">The call's place in a whole answer; <see langword="null"/> if the piece itself says where it belongs.</param>
    public Call Find(JsonElement piece, int? position)
    {
        var id = piece.Text("id");
        long? index = position ?? piece.Whole("index");
        foreach (var call in _calls)
        {
            if (index is null ? id is { Length: > 0 } && call.Id == id : call.Index == index)
            {
                return call;
            }
        }

        // Some servers leave the index out: a piece without an identifier then goes on with the last call.
        if (index is null && string.IsNullOrEmpty(id) && _calls.Count > 0)
        {
            return _calls[^1];
        }

        var begun = new Call(index ?? _calls.Count);
        _calls.Add(begun);
        return begun;
    }

    /// <summary>One call, from its first piece on.</summary>
    internal sealed class Call(long index)
    {
        private readonly StringBuilder _early = new();

        /// <summary>Its place among the calls.</summary>
        public long Index { get; } = index;

        /// <summary>The identifier that the server gave it.</summary>
        public string? Id { get; private set; }

        /// <summary>The call as an item; <see langword="null"/> until its name is known.</summary>
        public FunctionCallItem? Item { get; set; }

        /// <summary>Takes identifier and name. Without a name the arguments are kept for later.</summary>
        public bool TryTake(JsonElement piece, [NotNullWhen(true)] out string? name)
        {
            Id ??= piece.Text("id") is { Length: > 0 } id ? id : null;
            name = piece.Member("function")?.Text("name");
            if (!string.IsNullOrEmpty(name))
            {
                return true;
            }

            _early.Append(Raw(piece));
            return false;
        }

        /// <summary>The arguments in a piece, after those that came before the name.</summary>
        public string ArgumentsOf(JsonElement piece)
        {
            if (_early.Length == 0)
            {
                return Raw(piece);
            }

            var all = _early.Append(Raw(piece)).ToString();
            _early.Clear();
            return all;
        }

        // Some servers send the arguments as an object instead of as text.
        private static string Raw(JsonElement piece) => piece.Member("function")?.Member("arguments") switch
        {
            { ValueKind: JsonValueKind.String } text => text.GetString()!,
            { ValueKind: JsonValueKind.Object } json => json.GetRawText(),
            _ => "",
        };
    }
}
