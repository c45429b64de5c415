using Ratchet.Loop;
using Ratchet.Preferences;

namespace Ratchet.Verifiers.Annotators;

/// <summary>Two populations of programmatic annotators: the simulated ones that a method is developed with, and "people" that it is meant for.</summary>
/// <remarks>
/// <para>Both know the same features of a response and weigh them differently; neither knows the utility that responses are really worth: they like length linearly or not at all.
/// The simulated thirteen stand in for AlpacaFarm's thirteen prompted models: five strong, four middling and four weak ones, steady in themselves (low temperature) and different
/// from each other, with one that likes it long and one that likes it short, in lists and shown first. The sixteen people are drawn from other distributions: less steady, more of
/// them fond of length, with stronger whims.</para>
/// <para>What was set and how: the people's unsteadiness so that one agrees with the mode of three others on about three in four of the start model's pairs (66 % in the paper), and the simulated ones' so that the pool
/// without flips does so too (both in the paper); the share of flips is the paper's 0.25. Fondness of length and of work done
/// were set once more after reward models of earlier versions (seed 1) had learned length alone. No taste was fitted to people's labels or to an order of methods.</para>
/// </remarks>
public static class AnnotatorPopulations
{
    /// <summary>Version of the tastes; part of the names of pools.</summary>
    public const string Version = "v1";

    /// <summary>Tastes of the simulated annotators.</summary>
    public static IReadOnlyList<AnnotatorTaste> SimulatedTastes { get; } =
    [
        new() { Name = "strong-1", Task = 3.6, Format = 1.0, Length = 0.02, Whim = 0.2, Temperature = 0.3 },
        new() { Name = "strong-2", Task = 3.4, Format = 0.8, Length = 0.02, Whim = 0.2, Temperature = 0.3 },
        new() { Name = "strong-3", Task = 3.8, Format = 0.7, Length = 0.01, Whim = 0.2, Temperature = 0.3, List = 0.1 },
        new() { Name = "strong-4", Task = 3.2, Format = 1.1, Length = 0.02, Whim = 0.3, Temperature = 0.3 },
        new() { Name = "strong-5-long", Task = 2.8, Format = 0.8, Length = 0.16, Whim = 0.3, Temperature = 0.3 },
        new() { Name = "middle-1", Task = 2.8, Format = 0.8, Length = 0.03, Whim = 0.4, Temperature = 0.4, Position = 0.1 },
        new() { Name = "middle-2", Task = 2.6, Format = 0.7, Length = 0.03, Whim = 0.4, Temperature = 0.4, Position = -0.1 },
        new() { Name = "middle-3", Task = 2.5, Format = 0.9, Length = 0.04, Whim = 0.4, Temperature = 0.4, List = 0.3 },
        new() { Name = "middle-4-short", Task = 2.4, Format = 0.5, Length = -0.12, Whim = 0.4, Temperature = 0.4, List = 0.8, Position = 0.8 },
        new() { Name = "weak-1", Task = 2.0, Format = 0.6, Length = 0.05, Whim = 0.5, Temperature = 0.5, Position = 0.3 },
        new() { Name = "weak-2", Task = 1.9, Format = 0.6, Length = 0.06, Whim = 0.5, Temperature = 0.5, Position = -0.2 },
        new() { Name = "weak-3", Task = 1.8, Format = 0.5, Length = 0.04, Whim = 0.5, Temperature = 0.5, Position = 0.4 },
        new() { Name = "weak-4", Task = 1.7, Format = 0.5, Length = 0.08, Whim = 0.5, Temperature = 0.5, List = 0.3 },
    ];

    /// <summary>Tastes of the people.</summary>
    public static IReadOnlyList<AnnotatorTaste> HumanTastes { get; } = [.. Enumerable.Range(1, 16).Select(Human)];

    /// <summary>The simulator that methods are trained with (p_ann): the pool with a quarter of its labels flipped.</summary>
    public static AnnotatorPool Simulated(ResponseReader reader, ulong seed, double flipRate = 0.25, bool shuffle = true) =>
        new($"simulated-{Version}", Members(SimulatedTastes, reader, seed), new AnnotatorPoolOptions { FlipRate = flipRate, Seed = seed, Shuffle = shuffle });

    /// <summary>The simulator that methods are evaluated with (p_eval): the same pool without flips.</summary>
    public static AnnotatorPool SimulatedJudge(ResponseReader reader, ulong seed) =>
        new($"simulated-judge-{Version}", Members(SimulatedTastes, reader, seed), new AnnotatorPoolOptions { Seed = seed });

    /// <summary>One steady annotator without noise (the control p_gpt4): the first of the strong ones.</summary>
    public static AnnotatorPool Clean(ResponseReader reader, ulong seed) =>
        new($"clean-{Version}", [new UtilityAnnotator(SimulatedTastes[0] with { Whim = 0, Length = 0, Temperature = 0.1 }, reader, seed)], new AnnotatorPoolOptions { Seed = seed });

    /// <summary>The most frequent label of all simulated annotators.</summary>
    public static AnnotatorPool Majority(ResponseReader reader, ulong seed) =>
        new($"majority-{Version}", Members(SimulatedTastes, reader, seed), new AnnotatorPoolOptions { Seed = seed, Majority = true });

    /// <summary>The people: another one for each replicate, as a crowd is.</summary>
    public static AnnotatorPool Humans(ResponseReader reader, ulong seed) =>
        new($"human-{Version}", Members(HumanTastes, reader, seed), new AnnotatorPoolOptions { Seed = seed });

    /// <summary>Annotators of some tastes.</summary>
    public static IReadOnlyList<IAnnotator> Members(IReadOnlyList<AnnotatorTaste> tastes, ResponseReader reader, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(tastes);
        return [.. tastes.Select(t => new UtilityAnnotator(t, reader, seed))];
    }

    private static AnnotatorTaste Human(int number)
    {
        var own = RandomStream.FromSeed(0).Derive("people").Derive(number);
        return new AnnotatorTaste
        {
            Name = $"person-{number}",
            Task = Math.Max(0.3, 2.8 + (0.6 * own.NextNormal())),
            Format = Math.Max(0, 0.9 + (0.3 * own.NextNormal())),
            Length = 0.05 + (0.05 * own.NextNormal()),
            List = 0.1 + (0.3 * own.NextNormal()),
            Whim = 0.4,
            Temperature = 0.5,
            Position = 0.05 + (0.15 * own.NextNormal()),
        };
    }
}
