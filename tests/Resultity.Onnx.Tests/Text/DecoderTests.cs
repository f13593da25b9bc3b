using System.Numerics.Tensors;
using Resultity.Onnx.Text.Decoding;
using Xunit;

namespace Resultity.Onnx.Tests.Text;

/// <summary>What both decoders must do: rows in any order of opening, stepping and closing keep to themselves.</summary>
public sealed class DecoderTests(ChatModel chat)
{
    private void AssertLogits(List<int> tokens, Decoder decoder, KvRow row)
    {
        Assert.Equal(tokens.Count, row.Length);
        var expected = chat.Reference.Logits(tokens);
        Assert.True(TensorPrimitives.Distance<float>(expected, decoder.Logits(row)) < 1e-2f, $"Row of {tokens.Count} tokens.");
    }

    [Theory, InlineData(false, 1), InlineData(false, 2), InlineData(true, 1), InlineData(true, 2), InlineData(true, 3)]
    public void Random_use_gives_each_row_the_logits_of_its_own_tokens(bool inPlace, int seed)
    {
        var random = new Random(seed);
        using var decoder = chat.Model(inPlace).CreateDecoder(4);
        var rows = new List<(KvRow Row, List<int> Tokens)>();
        KvSnapshot? snapshot = null;
        List<int> saved = [];
        for (var action = 0; action < 40; action++)
        {
            if (rows.Count == 0 || rows.Count < decoder.Capacity && random.Next(4) == 0)
            {
                rows.Add((decoder.Open(), []));
                var part = snapshot is null ? 0 : random.Next(snapshot.Tokens + 1);
                if (part > 0) decoder.Restore(rows[^1].Row, snapshot!, part);
                rows[^1].Tokens.AddRange(saved.Take(part));
                Prefill(rows[^1]);
            }
            var (row, tokens) = rows[random.Next(rows.Count)];
            switch (random.Next(5))
            {
                case 0:
                    Prefill((row, tokens));
                    break;
                case 1:
                    decoder.Close(row);
                    rows.Remove((row, tokens));
                    break;
                case 2:
                    snapshot?.Dispose();
                    saved = [.. tokens.Take(random.Next(1, tokens.Count + 1))];
                    snapshot = decoder.Save(row, saved.Count);
                    break;
                default:
                    // Some of the rows, in any order, a few times.
                    var some = rows.Where(r => r.Tokens.Count < 400).OrderBy(_ => random.Next()).Take(random.Next(1, 5)).ToList();
                    for (var step = random.Next(1, 4); step > 0 && some.Count > 0; step--)
                    {
                        int[] next = [.. some.Select(_ => random.Next(5, 1500))];
                        decoder.Step([.. some.Select(s => s.Row)], next);
                        for (var i = 0; i < next.Length; i++) some[i].Tokens.Add(next[i]);
                    }
                    foreach (var (stepped, its) in some) AssertLogits(its, decoder, stepped);
                    break;
            }
        }
        snapshot?.Dispose();

        void Prefill((KvRow Row, List<int> Tokens) to)
        {
            if (to.Tokens.Count > 250) return;
            int[] more = [.. Enumerable.Range(0, random.Next(1, 80)).Select(_ => random.Next(5, 1500))];
            decoder.Prefill(to.Row, more);
            to.Tokens.AddRange(more);
            AssertLogits(to.Tokens, decoder, to.Row);
        }
    }

    [Theory, InlineData(false), InlineData(true)]
    public void More_rows_than_places_are_refused_and_a_closed_place_is_free(bool inPlace)
    {
        using var decoder = chat.Model(inPlace).CreateDecoder(2);
        var first = decoder.Open();
        decoder.Open();
        Assert.Throws<InvalidOperationException>(decoder.Open);
        decoder.Close(first);
        decoder.Close(first);
        decoder.Open();
        Assert.Throws<InvalidOperationException>(decoder.Open);
    }
}
