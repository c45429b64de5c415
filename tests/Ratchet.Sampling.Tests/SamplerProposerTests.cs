using Ratchet.Attempts;
using Ratchet.Checkpoints;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Runs;

namespace Ratchet.Sampling.Tests;

public sealed class SamplerProposerTests
{
    private static readonly SamplingOptions Train = new() { MaxNewTokens = 12 };

    [Fact]
    public async Task Attempts_carry_what_was_sampled_from_which_stream_of_which_checkpoint()
    {
        var weights = Models.Weights(Models.Tiny);
        using var proposer = Proposer(_ => new CpuSampler(weights));
        proposer.Load(new Checkpoint("round-3", "folder", "hash"));
        var stream = RandomStream.FromSeed(9);

        var attempts = await proposer.ProposeAsync(Request(stream, Phase.Train, new ProposalItem(Problem("p1", "ab"), 3), new ProposalItem(Problem("p2", "cd"), 2, 5)), default);

        Assert.Equal(["r4/train/p1/0", "r4/train/p1/1", "r4/train/p1/2", "r4/train/p2/5", "r4/train/p2/6"], attempts.Select(a => a.Id.ToString()));
        Assert.All(attempts, a => Assert.Equal("round-3", a.Policy));
        Assert.Equal([1, 3, 4], attempts[0].PromptIds);
        Assert.Equal(stream.Derive("p2").Derive(6).Key, attempts[4].Seed);
        Assert.Equal(attempts.Sum(a => a.TokenIds.Count), proposer.TokensSampled);
        using var sampler = new CpuSampler(weights);
        var alone = sampler.Generate([new SamplePrompt([1, 5, 6], [stream.Derive("p2").Derive(6)])], Train with { StopIds = [2] })[0];
        Assert.Equal(alone.Ids, attempts[4].TokenIds);
        Assert.Equal(alone.LogProbabilities, attempts[4].LogProbabilities);
        Assert.Equal(new Letters().Decode(alone.Ids), attempts[4].Text);
    }

    [Fact]
    public async Task Each_phase_samples_with_its_own_options_and_greedy_at_temperature_zero()
    {
        var recorder = new Recorder();
        using var proposer = Proposer(_ => recorder, Train with { TopK = 3, Temperature = 0.5 });
        proposer.Load(new Checkpoint("c", "", ""));
        foreach (var phase in Enum.GetValues<Phase>())
            await proposer.ProposeAsync(Request(RandomStream.FromSeed(1), phase, new ProposalItem(Problem("p", "a"), 1)), default);

        Assert.Equal([(1.0, 0), (0.5, 3), (0.0, 0)], recorder.Options.Select(o => (o.Temperature, o.TopK)));
        Assert.All(recorder.Options, o => Assert.Equal([2], o.StopIds));
    }

    [Fact]
    public void Loading_a_checkpoint_disposes_the_sampler_before()
    {
        var samplers = new List<Recorder>();
        var proposer = Proposer(_ =>
        {
            samplers.Add(new Recorder());
            return samplers[^1];
        });
        proposer.Load(new Checkpoint("a", "", ""));
        proposer.Load(new Checkpoint("b", "", ""));
        Assert.Equal([true, false], samplers.Select(s => s.Disposed));
        proposer.Dispose();
        Assert.True(samplers[1].Disposed);
    }

    [Fact]
    public async Task A_prompt_that_cannot_be_written_or_is_too_long_names_its_problem()
    {
        using var proposer = Proposer(_ => new Recorder());
        proposer.Load(new Checkpoint("c", "", ""));
        async Task<string> Refusal(string statement) => (await Assert.ThrowsAsync<RatchetException>(()
            => proposer.ProposeAsync(Request(RandomStream.FromSeed(1), Phase.Train, new ProposalItem(Problem("p7", statement), 1)), default))).Message;

        Assert.Equal("The prompt of problem 'p7' cannot be written in the model's vocabulary: no symbol '?' (character 3 of 'ab?').", await Refusal("ab?"));
        Assert.Equal("The prompt of problem 'p7' has 80 tokens with the begin mark; the model has 80 positions and needs at least one for the attempt.", await Refusal(new string('a', 79)));
    }

    private static SamplerProposer Proposer(Func<Checkpoint, ISampler> open, SamplingOptions? heldout = null)
        => new(p => p.Statement, new Letters(), open, 80, Train, heldout);

    private static ProposalRequest Request(RandomStream stream, Phase phase, params ProposalItem[] items)
        => new() { Round = 4, Phase = phase, Items = items, Stream = stream };

    private static Problem Problem(string id, string statement)
        => new() { Id = id, Domain = "letters", Statement = statement, CanonicalHash = id, Split = Split.Train };

    private sealed class Recorder : ISampler
    {
        public List<SamplingOptions> Options { get; } = [];

        public bool Disposed { get; private set; }

        public IReadOnlyList<Sample> Generate(IReadOnlyList<SamplePrompt> prompts, SamplingOptions options, CancellationToken cancellationToken = default)
        {
            Options.Add(options);
            return [.. prompts.SelectMany(p => p.Streams).Select(_ => new Sample([2], [-1f], StopReason.EndToken))];
        }

        public IReadOnlyList<float[]> Score(IReadOnlyList<IReadOnlyList<int>> sequences) => [];

        public void Load(Ratchet.Models.DecoderWeights weights) => throw new NotSupportedException();

        public void Dispose() => Disposed = true;
    }
}
