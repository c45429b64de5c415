using Ratchet.Attempts;
using Ratchet.Checkpoints;
using Ratchet.Examples;
using Ratchet.Loop;
using Ratchet.Models.Tokenization;
using Ratchet.Problems;
using Ratchet.Runs;

namespace Ratchet.Sampling.Tests;

public sealed class ToolLoopTests
{
    private static readonly ByteLevelBpeTokenizer Bytes = new ByteLevelBpeTrainer { VocabularySize = 270 }.Train(["add <3+4>", "so 7 <1+2> it is", "```"]);

    private static readonly Problem Problem = new() { Id = "p", Domain = "test", Statement = "s", CanonicalHash = "s", Split = Split.Train, Provenance = Provenance.Given };

    [Fact]
    public async Task An_attempt_holds_what_the_model_and_the_tool_wrote_and_only_the_models_ids_have_probabilities()
    {
        var sampler = new Script(["add <3+4> and more", "so <1+2> ...", "done"]);
        var attempt = (await Propose(sampler, 4, 1))[0];

        Assert.Equal("add <3+4>=7;so <1+2>=3;done", attempt.Text);
        Assert.Equal(StopReason.EndToken, attempt.Stop);
        Assert.Equal(attempt.TokenIds.Count, attempt.LogProbabilities.Count);
        var spans = attempt.ToolSpans();
        Assert.Equal(["=7;", "=3;"], spans.Select(s => Bytes.Decode([.. attempt.TokenIds.Skip(s.Start).Take(s.End - s.Start)])));
        Assert.All(attempt.LogProbabilities.Where((_, i) => !IdSpan.Contains(spans, i)), p => Assert.Equal(-0.5f, p));

        // Each stretch is asked for with all that was written so far, on a stream of its own.
        Assert.Equal(3, sampler.Asked.Count);
        Assert.Equal([.. attempt.PromptIds, .. attempt.TokenIds.Take(spans[0].End)], sampler.Asked[1].Ids);
        Assert.Equal([.. attempt.PromptIds, .. attempt.TokenIds.Take(spans[1].End)], sampler.Asked[2].Ids);
        Assert.Equal(3, sampler.Asked.Select(p => p.Streams[0].Key).Distinct().Count());
        Assert.Equal(attempt.Seed, sampler.Asked[0].Streams[0].Key);
    }

    [Fact]
    public async Task After_the_last_call_that_is_allowed_the_attempt_ends_with_a_notice()
    {
        var attempt = (await Propose(new Script(["<1+1>", "<2+2>", "never"]), 2, 1))[0];
        Assert.Equal("<1+1>=2;<2+2>=4;" + ToolLoop.LimitNotice, attempt.Text);
        Assert.Equal(StopReason.Length, attempt.Stop);
    }

    [Fact]
    public async Task A_call_that_wants_no_answer_ends_the_attempt_and_attempts_go_on_apart()
    {
        var attempts = await Propose(new Script(["<1+1>", "<0+0>", "plain", "more"]), 4, 3);
        Assert.Equal(["<1+1>=2;more", "<0+0>", "plain"], attempts.Select(a => a.Text));
        Assert.Equal([StopReason.EndToken, StopReason.StopString, StopReason.EndToken], attempts.Select(a => a.Stop));
        Assert.Empty(attempts[2].ToolSpans());
    }

    [Fact]
    public async Task An_answer_for_which_the_model_has_no_place_is_cut_off()
    {
        var attempt = (await Propose(new Script(["<9+9>"]), 4, 1, positions: 10))[0];
        Assert.Equal(StopReason.Length, attempt.Stop);
        Assert.Equal(10, attempt.PromptIds.Count + attempt.TokenIds.Count);
    }

    [Fact]
    public async Task An_outage_of_the_tool_is_no_answer() =>
        await Assert.ThrowsAsync<RatchetException>(() => Propose(new Script(["<8+8>"]), 4, 1));

    [Fact]
    public async Task With_a_real_sampler_the_same_request_gives_the_same_attempts_with_and_without_company()
    {
        var weights = Models.Weights(Models.Tiny with { VocabularySize = Bytes.VocabularySize, MaxPositions = 96 });
        var options = new SamplingOptions { MaxNewTokens = 24 };
        async Task<IReadOnlyList<Attempt>> Draw(int first, int count)
        {
            using var proposer = new SamplerProposer(_ => "go", Bytes, _ => new CpuSampler(weights, 2), 96, options, null, new ToolUse(new Adder(always: true), 3));
            proposer.Load(new Checkpoint("c", "", ""));
            return await proposer.ProposeAsync(new ProposalRequest { Round = 1, Phase = Phase.Train, Items = [new ProposalItem(Problem, count, first)], Stream = RandomStream.FromSeed(3) }, default);
        }

        var many = await Draw(0, 24);
        Assert.Contains(many, a => a.ToolSpans().Count > 0);
        for (var i = 0; i < many.Count; i += 7)
        {
            var alone = (await Draw(i, 1))[0];
            Assert.Equal(many[i].TokenIds, alone.TokenIds);
            Assert.Equal(many[i].LogProbabilities, alone.LogProbabilities);
        }
    }

    private static async Task<IReadOnlyList<Attempt>> Propose(ISampler sampler, int calls, int count, int positions = 200)
    {
        using var proposer = new SamplerProposer(_ => "go", Bytes, _ => sampler, positions, new SamplingOptions { MaxNewTokens = 50 }, null, new ToolUse(new Adder(), calls));
        proposer.Load(new Checkpoint("c", "", ""));
        return await proposer.ProposeAsync(new ProposalRequest { Round = 1, Phase = Phase.Train, Items = [new ProposalItem(Problem, count)], Stream = RandomStream.FromSeed(1) }, default);
    }

    /// <summary>Writes given texts, one a stretch, and ends a stretch where the rule says.</summary>
    private sealed class Script(string[] texts) : ISampler
    {
        private int _next;

        public List<SamplePrompt> Asked { get; } = [];

        public IReadOnlyList<Sample> Generate(IReadOnlyList<SamplePrompt> prompts, SamplingOptions options, CancellationToken cancellationToken = default)
        {
            Asked.AddRange(prompts);
            var samples = new List<Sample>();
            for (var n = prompts.Sum(p => p.Streams.Count); n > 0; n--)
            {
                var ids = Bytes.Encode(texts[_next++]);
                var end = Enumerable.Range(1, ids.Length).FirstOrDefault(i => options.StopWhen!(ids.AsSpan(0, i)));
                samples.Add(end > 0 ? Of(ids[..end], StopReason.StopString) : Of([.. ids, Bytes.EndId], StopReason.EndToken));
            }

            return samples;

            static Sample Of(int[] ids, StopReason stop) => new(ids, [.. ids.Select(_ => -0.5f)], stop);
        }

        public IReadOnlyList<float[]> Score(IReadOnlyList<IReadOnlyList<int>> sequences) => throw new NotSupportedException();

        public void Load(Ratchet.Models.DecoderWeights weights) => throw new NotSupportedException();

        public void Dispose()
        {
        }
    }

    /// <summary>Adds two digits: <c>&lt;3+4&gt;</c> is answered with <c>=7;</c>. Zeros want no answer, eights are an outage.</summary>
    private sealed class Adder(bool always = false) : ITool, IToolDialogue
    {
        public string Name => "adder";

        public string Version => "1";

        public bool EndsInCall(ReadOnlySpan<char> text) => always ? text.EndsWith(">") || text.EndsWith("`") : text.EndsWith(">") && text.LastIndexOf('<') == text.Length - 5;

        public IToolDialogue Begin() => this;

        public Task<string?> AnswerAsync(string text, CancellationToken cancellationToken)
        {
            if (always)
                return Task.FromResult<string?>("=;");
            var (a, b) = (text[^4] - '0', text[^2] - '0');
            return a == 8 ? throw new RatchetException("The adder is out of order.") : Task.FromResult(a + b == 0 ? null : $"={a + b};");
        }
    }
}
