using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Resultity.Contracts.Values;

namespace Resultity.Gateway.Tests.Responses;

/// <summary>However an answer is cut into chunks, and also if it is not cut at all, the response is the same.</summary>
public sealed class ResponseChunkingTests
{
    private static readonly Gen<Answer> Answers =
        from reasoning in Gen.String[Gen.Char["ab é😀\n\"\\"], 0, 12]
        from text in Gen.String[Gen.Char["xyz ß\t"], 0, 20]
        from calls in Gen.Select(Gen.Int[0, 99], Gen.String[Gen.Char["abc{}\""], 0, 10]).List[0, 3]
        from reason in Gen.Int[0, 2].Select(static i => i == 0 ? "stop" : i == 1 ? "length" : "content_filter")
        select new Answer(Clean(reasoning), text, calls, reason);

    [Fact]
    public void Any_split_of_the_stream_gives_the_same_response() =>
        (from answer in Answers
         from cuts in Gen.Int[1, 5].List[200]
         select (answer, cuts)).Sample(pair =>
         {
             var whole = Run([pair.answer.ToMessage()]);
             var split = Run(pair.answer.ToChunks(pair.cuts));
             Assert.Equal(whole, split);
         });

    private static string Run(IEnumerable<string> chunks)
    {
        using var bench = new ResponseBench();
        bench.Begin().Add(chunks).Complete(new Usage(5, 6));

        // Every delta is in its .done, and the response that the events tell is the one that is stored.
        foreach (var done in bench.Events.Where(e => e.GetProperty("type").GetString() == "response.output_text.done"))
        {
            var deltas = bench.Events.Where(e => e.GetProperty("type").GetString() == "response.output_text.delta"
                && e.GetProperty("item_id").GetString() == done.GetProperty("item_id").GetString());
            Assert.Equal(done.GetProperty("text").GetString(), string.Concat(deltas.Select(e => e.GetProperty("delta").GetString())));
        }

        Assert.Equal(bench.Response.GetRawText(), bench.Last.GetProperty("response").GetRawText());
        return bench.Response.GetRawText();
    }

    // Half of a surrogate pair is no character.
    private static string Clean(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace("\ufffd", "", StringComparison.Ordinal);

    private sealed record Answer(string Reasoning, string Text, List<(int Number, string Word)> Calls, string Reason)
    {
        public string ToMessage()
        {
            var message = new JsonObject { ["role"] = "assistant", ["content"] = Text.Length == 0 ? null : Text, ["reasoning_content"] = Reasoning };
            if (Calls.Count > 0)
            {
                message["tool_calls"] = new JsonArray([.. Calls.Select((call, i) => (JsonNode)new JsonObject
                {
                    ["id"] = $"call_{i}",
                    ["type"] = "function",
                    ["function"] = new JsonObject { ["name"] = $"f{call.Number}", ["arguments"] = Arguments(call) },
                })]);
            }

            return new JsonObject
            {
                ["model"] = "mini-1",
                ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["message"] = message, ["finish_reason"] = Reason }),
            }.ToJsonString();
        }

        public List<string> ToChunks(List<int> cuts)
        {
            var next = 0;
            List<string> chunks = [];
            foreach (var piece in Pieces(Reasoning))
            {
                chunks.Add(Chunk(new JsonObject { ["reasoning_content"] = piece }, null));
            }

            foreach (var piece in Pieces(Text))
            {
                chunks.Add(Chunk(new JsonObject { ["content"] = piece }, null));
            }

            for (var i = 0; i < Calls.Count; i++)
            {
                chunks.Add(Call(new JsonObject { ["index"] = i, ["id"] = $"call_{i}", ["type"] = "function", ["function"] = new JsonObject { ["name"] = $"f{Calls[i].Number}", ["arguments"] = "" } }));
                foreach (var piece in Pieces(Arguments(Calls[i])))
                {
                    chunks.Add(Call(new JsonObject { ["index"] = i, ["function"] = new JsonObject { ["arguments"] = piece } }));
                }
            }

            chunks.Add(Chunk([], Reason));
            return chunks;

            IEnumerable<string> Pieces(string text)
            {
                for (var at = 0; at < text.Length;)
                {
                    var length = Math.Min(cuts[next++ % cuts.Count], text.Length - at);
                    length += char.IsHighSurrogate(text[at + length - 1]) ? 1 : 0;
                    yield return text.Substring(at, length);
                    at += length;
                }
            }
        }

        private static string Arguments((int Number, string Word) call) => new JsonObject { ["n"] = call.Number, ["w"] = call.Word }.ToJsonString();

        private static string Call(JsonObject call) => Chunk(new JsonObject { ["tool_calls"] = new JsonArray(call) }, null);

        private static string Chunk(JsonObject delta, string? reason) => new JsonObject
        {
            ["model"] = "mini-1",
            ["choices"] = new JsonArray(new JsonObject { ["index"] = 0, ["delta"] = delta, ["finish_reason"] = reason }),
        }.ToJsonString();
    }
}
