using Ratchet.Learning.Pretraining;
using Ratchet.Loop;
using Ratchet.Runs;

namespace Ratchet.Learning.Tests.Pretraining;

public sealed class TokenMixtureTests : IDisposable
{
    private static readonly RandomStream Order = RandomStream.FromSeed(1).Derive("order");

    private readonly TemporaryFolder _folder = new();
    private readonly List<TokenShards> _opened = [];

    public void Dispose()
    {
        _opened.ForEach(o => o.Dispose());
        _folder.Dispose();
    }

    [Theory]
    [InlineData(60_000)]
    [InlineData(70_000)]
    public void Ids_are_read_back_from_any_place_across_shards(int vocabulary)
    {
        int[] ids = [.. Enumerable.Range(0, 10_000).Select(i => (int)((long)i * 7919 % vocabulary))];
        var shards = Write("text", vocabulary, ids, perShard: 999);

        Assert.Equal(11, shards.List.Files.Count);
        Assert.Equal(vocabulary <= 65_536 ? 2 : 4, shards.List.IdBytes);
        foreach (var (start, count) in new[] { (0, 10_000), (998, 3), (999, 1), (5_000, 2_500), (9_999, 1), (10_000, 0) })
        {
            var read = new int[count];
            shards.Read(start, read);
            Assert.Equal(ids.AsSpan(start, count).ToArray(), read);
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => shards.Read(9_999, new int[2]));
    }

    [Fact]
    public void A_shard_that_is_cut_off_is_named_when_the_folder_is_opened()
    {
        Write("text", 100, [.. Enumerable.Range(0, 90)], perShard: 50).Dispose();
        using (var file = File.OpenWrite(Path.Combine(_folder["text"], "shard-00001.ids")))
            file.SetLength(file.Length - 2);

        var refusal = Assert.Throws<RatchetException>(() => TokenShards.Open(_folder["text"]));
        Assert.Contains("'shard-00001.ids' has 78 bytes in the place of 80", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_that_is_not_finished_is_not_there()
    {
        using (var writer = new TokenShardWriter(_folder["text"], 10))
            writer.Add([1, 2, 3]);

        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(64)]
    [InlineData(1_000)]
    [InlineData(4_097)]
    public void Every_number_stands_at_one_place_of_an_order(int count)
    {
        var order = new IndexPermutation(count, Order);
        var numbers = Enumerable.Range(0, count).Select(i => order[i]).ToList();

        Assert.Equal(Enumerable.Range(0, count).Select(i => (long)i), numbers.Order());
        if (count >= 64)
        {
            Assert.InRange(numbers.Zip(numbers.Skip(1)).Count(p => p.Second == p.First + 1), 0, 3 + (count / 100));
            Assert.NotEqual(numbers, Enumerable.Range(0, count).Select(i => new IndexPermutation(count, Order.Derive(1))[i]));
        }
    }

    [Fact]
    public void Shares_are_exact_and_more_weight_for_a_source_makes_nothing_longer()
    {
        var (a, b, c) = (Source("a", 3, 2_000, 1), Source("b", 4, 2_000, 1), Source("c", 5, 2_000, 1));
        foreach (var weight in new[] { 1.0, 2, 4, 8 })
        {
            var mixture = new TokenMixture([a with { Weight = weight }, b, c with { Weight = 0.5 }], window: 9, windows: 1_001, Order);

            var found = Enumerable.Range(0, 1_001).GroupBy(i => mixture[i].ProblemId).ToDictionary(g => g.Key, g => g.Count());
            Assert.Equal(1_001, mixture.Shares.Sum(s => s.Windows));
            foreach (var share in mixture.Shares)
            {
                Assert.Equal(share.Windows, found[share.Name]);
                Assert.InRange(share.Windows - (share.Share * 1_001), -1, 1);
                Assert.Equal(share.Windows * 9, share.Tokens);
            }

            Assert.Equal(weight / (weight + 1.5), mixture.Shares[0].Share, 12);
        }
    }

    [Fact]
    public void A_pass_over_a_source_reads_each_of_its_windows_once_and_a_second_one_again()
    {
        int[] ids = [.. Enumerable.Range(0, 81)];
        var source = new MixtureSource("a", Write("a", 100, ids, perShard: 30), 1);

        var once = new TokenMixture([source], window: 9, windows: 10, Order);
        var twice = new TokenMixture([source], window: 9, windows: 25, Order);

        Assert.Equal(Enumerable.Range(0, 10).Select(w => w * 8), Enumerable.Range(0, 10).Select(i => once[i].Ids[0]).Order());
        Assert.All(Enumerable.Range(0, 10), i => Assert.Equal(Enumerable.Range(once[i].Ids[0], 9), once[i].Ids));
        Assert.Equal((1, 2.5), (once.Shares[0].Epochs, twice.Shares[0].Epochs));
        var again = Enumerable.Range(0, 25).GroupBy(i => twice[i].Ids[0]).Select(g => g.Count()).ToList();
        Assert.Equal((10, 5, 5), (again.Count, again.Count(n => n == 2), again.Count(n => n == 3)));
    }

    [Fact]
    public void Sources_without_weight_or_text_are_left_out_or_refused()
    {
        var (a, b) = (Source("a", 3, 100, 1), Source("b", 4, 100, 0));

        Assert.Equal(["a"], new TokenMixture([a, b], 9, 10, Order).Shares.Select(s => s.Name));
        Assert.Contains("not all 0", Assert.Throws<RatchetException>(() => new TokenMixture([b], 9, 10, Order)).Message, StringComparison.Ordinal);
        Assert.Contains("less than a window of 101", Assert.Throws<RatchetException>(() => new TokenMixture([a], 101, 10, Order)).Message, StringComparison.Ordinal);
        Assert.Contains("same name", Assert.Throws<RatchetException>(() => new TokenMixture([a, a], 9, 10, Order)).Message, StringComparison.Ordinal);
    }

    private MixtureSource Source(string name, int id, int count, double weight) => new(name, Write(name, 100, [.. Enumerable.Repeat(id, count)], 1_000), weight);

    private TokenShards Write(string name, int vocabulary, int[] ids, long perShard)
    {
        using (var writer = new TokenShardWriter(_folder[name], vocabulary, perShard))
        {
            foreach (var document in ids.Chunk(77))
                writer.Add(document);
            writer.Finish();
        }

        _opened.Add(TokenShards.Open(_folder[name]));
        return _opened[^1];
    }
}
