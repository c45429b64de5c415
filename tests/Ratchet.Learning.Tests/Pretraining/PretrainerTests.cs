using Ratchet.Learning.Pretraining;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Runs;

namespace Ratchet.Learning.Tests.Pretraining;

public sealed class PretrainerTests : IDisposable
{
    private static readonly LearningOptions Options = new() { LearningRate = 0.01, SnapshotInterval = 4, Cpu = new CpuTrainerOptions { Shards = 2 } };

    private readonly TemporaryFolder _folder = new();
    private readonly TokenShards _counting;
    private readonly TokenShards _constant;

    public PretrainerTests()
    {
        // Digits that count up, and one digit over and over.
        _counting = Write("counting", i => 3 + (i % 8));
        _constant = Write("constant", _ => 5);
    }

    public void Dispose()
    {
        _counting.Dispose();
        _constant.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_model_learns_the_text_of_its_sources()
    {
        var result = await TrainAsync("a", windows: 480);

        Assert.Equal((60, 60 * 8 * 17L), (result.Steps, result.Tokens));
        Assert.True(result.FinalLoss < 0.6, $"{result.FinalLoss}");
        var manifest = PretrainingManifest.TryLoad(_folder["a"])!;
        Assert.Equal([("counting", 360L), ("constant", 120L)], manifest.Mixture.Select(s => (s.Name, s.Windows)));
        Assert.Equal(result.FinalLoss, manifest.FinalLoss);
        Assert.Equal(CheckpointStore.Open(_folder["a"]).WeightsHash, result.Checkpoint.WeightsHash);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(9)]
    [InlineData(12)]
    public async Task A_pretraining_that_is_killed_ends_with_the_same_bits(int atStep)
    {
        var whole = await TrainAsync("whole", windows: 120);
        await Assert.ThrowsAsync<InvalidOperationException>(() => TrainAsync("cut", windows: 120, at: step => _ = step == atStep ? throw new InvalidOperationException("killed") : step));
        Assert.Equal(atStep > 4, Directory.Exists(_folder["cut.snapshot"]));
        var first = 0;
        var resumed = await TrainAsync("cut", windows: 120, at: step => first = first == 0 ? step : first);

        Assert.Equal(whole.Checkpoint.WeightsHash, resumed.Checkpoint.WeightsHash);
        Assert.Equal(whole.Curve, resumed.Curve);
        Assert.Equal(((atStep - 1) / 4 * 4) + 1, first);
        Assert.False(Directory.Exists(_folder["cut.snapshot"]));
    }

    [Fact]
    public async Task A_finished_pretraining_is_given_back_and_one_of_another_mixture_is_made_anew()
    {
        var made = await TrainAsync("a", windows: 24);
        var again = await TrainAsync("a", windows: 24, at: _ => throw new InvalidOperationException("trained again"));
        var other = await TrainAsync("a", windows: 24, weight: 2);

        Assert.Equal(made.Checkpoint.WeightsHash, again.Checkpoint.WeightsHash);
        Assert.NotEqual(made.Checkpoint.WeightsHash, other.Checkpoint.WeightsHash);
    }

    [Fact]
    public async Task A_budget_below_a_step_and_windows_beyond_the_model_are_refused()
    {
        Assert.Contains("A step of 8 windows cannot be made from 7", (await Assert.ThrowsAsync<RatchetException>(() => TrainAsync("a", windows: 7))).Message, StringComparison.Ordinal);
        Assert.Contains("Windows have 97 tokens, the model 96 positions", (await Assert.ThrowsAsync<RatchetException>(() => TrainAsync("a", windows: 8, window: 97))).Message, StringComparison.Ordinal);
    }

    private async Task<LearningResult> TrainAsync(string folder, long windows, double weight = 1, int window = 17, Action<int>? at = null)
    {
        var mixture = new TokenMixture([new("counting", _counting, 3), new("constant", _constant, weight)], window, windows, RandomStream.FromSeed(1).Derive("order"));
        return await new Pretrainer(Tiny.Config, new DigitTokenizer(), Options).TrainAsync(
            new PretrainingRequest { Mixture = mixture, WindowsPerStep = 8, Stream = RandomStream.FromSeed(1), Folder = _folder[folder] },
            at is null ? null : new Relay(at),
            TestContext.Current.CancellationToken);
    }

    private TokenShards Write(string name, Func<int, int> id)
    {
        using (var writer = new TokenShardWriter(_folder[name], 11))
        {
            for (var document = 0; document < 300; document++)
                writer.Add([1, .. Enumerable.Range(0, 14).Select(id), 2]);
            writer.Finish();
        }

        return TokenShards.Open(_folder[name]);
    }

    private sealed class Relay(Action<int> report) : IProgress<LearningStep>
    {
        public void Report(LearningStep value) => report(value.Step);
    }
}
