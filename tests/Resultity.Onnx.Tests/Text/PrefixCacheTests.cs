using Resultity.Onnx.Text.Batching;
using Resultity.Onnx.Text.Decoding;
using Xunit;

namespace Resultity.Onnx.Tests.Text;

public sealed class PrefixCacheTests : IDisposable
{
    private readonly Decoder _decoder;
    private readonly long _tokenBytes;
    private readonly List<PrefixCache> _caches = [];

    public PrefixCacheTests(ChatModel chat)
    {
        _decoder = chat.InPlace.CreateDecoder(1);
        _tokenBytes = chat.InPlace.CacheBytesPerToken + sizeof(int);
    }

    private PrefixCache Cache(int tokens)
    {
        var cache = new PrefixCache(tokens * _tokenBytes, _tokenBytes - sizeof(int));
        _caches.Add(cache);
        return cache;
    }

    private void Add(PrefixCache cache, int[] tokens)
    {
        var row = _decoder.Open();
        _decoder.Prefill(row, tokens);
        cache.Add(tokens, _decoder, row);
        _decoder.Close(row);
    }

    private static int[] Tokens(int count, int seed) => ChatModel.Long(count, seed);

    [Fact]
    public void The_longest_common_beginning_is_found()
    {
        var cache = Cache(1000);
        int[] first = Tokens(50, 1), second = [.. first[..20], .. Tokens(40, 2)];
        Add(cache, first);
        Add(cache, second);
        Assert.Equal(50, cache.Find([.. first, 7, 8], out var snapshot));
        Assert.Equal(50, snapshot!.Tokens);
        Assert.Equal(25, cache.Find([.. second[..25], 1499, 3], out snapshot));
        Assert.Equal(60, snapshot!.Tokens);
        Assert.Equal(0, cache.Find(Tokens(50, 3), out snapshot));
        Assert.Null(snapshot);
    }

    [Fact]
    public void Too_short_a_beginning_is_not_worth_copying()
    {
        var cache = Cache(1000);
        Add(cache, Tokens(7, 1));
        Assert.Equal(0, cache.Count);
        Add(cache, Tokens(50, 1));
        Assert.Equal(0, cache.Find([.. Tokens(50, 1)[..7], 1499], out _));
        Assert.Equal(8, cache.Find(Tokens(8, 1), out _));
    }

    [Fact]
    public void A_longer_turn_takes_the_place_of_the_shorter_and_not_the_other_way_round()
    {
        var cache = Cache(1000);
        Add(cache, Tokens(40, 1)[..20]);
        Add(cache, Tokens(40, 1));
        Assert.Equal((1, 40 * _tokenBytes), (cache.Count, cache.Bytes));
        Add(cache, Tokens(40, 1)[..30]);
        Assert.Equal((1, 40 * _tokenBytes), (cache.Count, cache.Bytes));
    }

    [Fact]
    public void The_longest_unused_goes_first()
    {
        var cache = Cache(100);
        for (var seed = 1; seed <= 3; seed++) Add(cache, Tokens(30, seed));
        Assert.Equal(30, cache.Find(Tokens(30, 1), out _));
        Add(cache, Tokens(30, 4));
        Assert.Equal([30, 0, 30, 30], Enumerable.Range(1, 4).Select(seed => cache.Find(Tokens(30, seed), out _)));
    }

    [Fact]
    public void Memory_never_exceeds_the_budget()
    {
        var cache = Cache(200);
        var random = new Random(1);
        for (var i = 0; i < 300; i++)
        {
            Add(cache, Tokens(random.Next(1, 300), random.Next(40)));
            Assert.InRange(cache.Bytes, 0, 200 * _tokenBytes);
        }
        Assert.True(cache.Count > 0);
        cache.Dispose();
        Assert.Equal((0, 0L), (cache.Count, cache.Bytes));
    }

    [Fact]
    public void Without_a_budget_nothing_is_kept()
    {
        var cache = Cache(0);
        Add(cache, Tokens(30, 1));
        Assert.Equal(0, cache.Count);
    }

    public void Dispose()
    {
        foreach (var cache in _caches) cache.Dispose();
        _decoder.Dispose();
    }
}
