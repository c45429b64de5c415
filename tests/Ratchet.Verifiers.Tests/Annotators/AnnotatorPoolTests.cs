using Ratchet.Loop;
using Ratchet.Preferences;
using Ratchet.Verifiers.Annotators;

namespace Ratchet.Verifiers.Tests.Annotators;

public sealed class AnnotatorPoolTests
{
    /// <summary>A response is "task/format/length/list".</summary>
    private static readonly ResponseReader Reader = static (_, response) =>
    {
        var parts = response.Split('/');
        return new ResponseFeatures(double.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture), double.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture), int.Parse(parts[2], System.Globalization.CultureInfo.InvariantCulture), parts[3] == "1");
    };

    private static List<AnnotationRequest> Requests(int count, int replicates = 1) =>
        [.. Enumerable.Range(0, count).SelectMany(i => Enumerable.Range(0, replicates).Select(r => new AnnotationRequest(Pair(i), r)))];

    private static ResponsePair Pair(int i)
    {
        var stream = RandomStream.FromSeed(77).Derive(i);
        string Response(ref RandomStream s) => FormattableString.Invariant($"{(s.NextDouble() < 0.6 ? 1 : 0.3)}/{s.NextInt(2)}/{4 + s.NextInt(12)}/{s.NextInt(2)}");
        return new ResponsePair { Id = $"p{i}", Instruction = $"instruction {i % 50}", First = Response(ref stream), Second = Response(ref stream) + "/x" };
    }

    private static async Task<IReadOnlyList<Annotation>> Ask(IAnnotator annotator, List<AnnotationRequest> requests) => await annotator.AnnotateAsync(requests, TestContext.Current.CancellationToken);

    [Fact]
    public async Task A_pair_and_replicate_have_one_label_whatever_else_is_asked_and_in_whatever_order()
    {
        var pool = AnnotatorPopulations.Simulated(Reader, 5);
        var requests = Requests(120, 2);

        var together = await Ask(pool, requests);
        var backwards = await Ask(AnnotatorPopulations.Simulated(Reader, 5), [.. requests.AsEnumerable().Reverse()]);
        var turned = await Ask(pool, [.. requests.Select(r => r with { Pair = r.Pair.Swapped() })]);
        var alone = await Ask(pool, [requests[17]]);

        Assert.Equal(together, backwards.Reverse());
        Assert.Equal(together[17], alone[0]);
        Assert.Equal(together.Select(a => a.Mirrored()), turned);
        Assert.NotEqual(together.Select(a => a.Preference), (await Ask(AnnotatorPopulations.Simulated(Reader, 6), requests)).Select(a => a.Preference));

        // Replicates are judgements of their own.
        var differ = Enumerable.Range(0, 120).Count(i => together[2 * i].Preference != together[(2 * i) + 1].Preference);
        Assert.InRange(differ, 20, 70);
    }

    [Fact]
    public async Task A_quarter_of_the_labels_is_flipped_by_coins_that_nobody_is_asked_for()
    {
        var asked = 0;
        var steady = new Counting(() => asked++);
        var labels = await Ask(new AnnotatorPool("noisy", [steady], new AnnotatorPoolOptions { FlipRate = 0.25, Seed = 3 }), Requests(2000));

        var noise = labels.Count(l => l.IsNoise);
        Assert.InRange(noise, 920, 1080);
        Assert.Equal(2000 - noise, asked);

        // The one that is asked always says the first of the pair as written, so a flip is a label 2 in that order.
        var flipped = labels.Zip(Requests(2000)).Count(l => l.First.Preference != Counting.Truth(l.Second.Pair));
        Assert.InRange(flipped, 440, 560);
    }

    [Fact]
    public async Task Equal_responses_are_a_tie_and_nobody_is_asked()
    {
        var pool = new AnnotatorPool("pool", [new Counting(() => Assert.Fail("asked"))], new AnnotatorPoolOptions { FlipRate = 0.5 });

        var label = Assert.Single(await Ask(pool, [new AnnotationRequest(new ResponsePair { Id = "p", Instruction = "i", First = "same", Second = "same" })]));

        Assert.Equal((1.5, false), (label.Preference!.Value, label.IsNoise));
    }

    [Fact]
    public async Task Shuffling_takes_a_position_bias_out_and_without_it_the_bias_shows()
    {
        AnnotatorPool Pool(bool shuffle) => new("biased", AnnotatorPopulations.Members([AnnotatorPopulations.SimulatedTastes.Single(t => t.Name == "middle-4-short")], Reader, 1), new AnnotatorPoolOptions { Shuffle = shuffle });
        var requests = Requests(3000);

        var shuffled = (await Ask(Pool(true), requests)).Average(l => 2 - l.Preference!.Value);
        var plain = (await Ask(Pool(false), requests)).Average(l => 2 - l.Preference!.Value);

        Assert.InRange(shuffled, 0.47, 0.53);
        Assert.True(plain > 0.55, $"{plain}");
    }

    [Fact]
    public async Task A_majority_is_steadier_than_its_members_and_sees_better_work()
    {
        var requests = Requests(400, 2);
        var votes = await Ask(AnnotatorPopulations.Majority(Reader, 2), requests);
        var single = await Ask(AnnotatorPopulations.SimulatedJudge(Reader, 2), requests);
        static double Disagreement(IReadOnlyList<Annotation> labels) => labels.Chunk(2).Average(c => Math.Abs(c[0].Preference!.Value - c[1].Preference!.Value));

        Assert.True(Disagreement(votes) < Disagreement(single) - 0.05, $"{Disagreement(votes)} {Disagreement(single)}");
        Assert.All(votes, v => Assert.StartsWith("majority-v", v.Annotator, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_annotator_that_cannot_judge_leaves_no_label_and_the_longest_response_is_a_judge_too()
    {
        var pool = new AnnotatorPool("pool", [new Mute()]);
        var label = Assert.Single(await Ask(pool, [new AnnotationRequest(Pair(1))]));
        Assert.Null(label.Preference);
        Assert.Equal("no answer", label.Failure);
        Assert.Null(label.Mirrored().Preference);

        var longest = await Ask(new LongestAnnotator(r => r.Length), [new AnnotationRequest(Pair(1) with { First = "ab", Second = "a" }), new AnnotationRequest(Pair(1) with { First = "a", Second = "b" })]);
        Assert.Equal([1, 1.5], longest.Select(l => l.Preference!.Value));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AnnotatorPool("p", [new Mute()], new AnnotatorPoolOptions { FlipRate = 0.6 }));
    }

    private sealed class Mute : IAnnotator
    {
        public string Name => "mute";

        public Task<IReadOnlyList<Annotation>> AnnotateAsync(IReadOnlyList<AnnotationRequest> requests, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<Annotation>>([.. requests.Select(r => new Annotation { PairId = r.Pair.Id, Replicate = r.Replicate, Annotator = Name, Failure = "no answer" })]);
    }

    /// <summary>Always right about a truth of its own: the response without the mark.</summary>
    private sealed class Counting(Action asked) : IAnnotator
    {
        public string Name => "counting";

        public static double Truth(ResponsePair pair) => pair.First.EndsWith('x') ? 2 : 1;

        public Task<IReadOnlyList<Annotation>> AnnotateAsync(IReadOnlyList<AnnotationRequest> requests, CancellationToken cancellationToken)
        {
            foreach (var _ in requests)
                asked();
            return Task.FromResult<IReadOnlyList<Annotation>>([.. requests.Select(r => new Annotation { PairId = r.Pair.Id, Replicate = r.Replicate, Annotator = Name, Preference = Truth(r.Pair) })]);
        }
    }
}
