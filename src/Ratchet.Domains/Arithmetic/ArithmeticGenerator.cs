using Ratchet.Domains.Vocabulary;
using Ratchet.Loop;
using Ratchet.Problems;

namespace Ratchet.Domains.Arithmetic;

/// <summary>Draws word problems event by event, so that every result stays within 0 to 99.</summary>
internal sealed class ArithmeticGenerator(ArithmeticGeneratorOptions options)
{
    /// <summary>Most steps that are drawn.</summary>
    public const int MaxSteps = 6;

    private const int Tries = 200;

    public ProblemSet Generate(string domain, ProblemCounts counts, RandomStream stream)
    {
        var drawn = new StratumFiller(domain, [.. options.Strata.Select(s => (s.Name, s.SeedShare, s.Share))], counts).Fill(stream, Draw);

        // Splits are known only now: people of held-out problems are others.
        return new ProblemSet([.. drawn.All.Select(p => p.Split == Split.Heldout ? p with { Statement = Heldout(p.Statement) } : p)], drawn.References, drawn.Removed);
    }

    /// <summary>A story of a number of steps.</summary>
    /// <param name="steps">Steps.</param>
    /// <param name="names">People.</param>
    /// <param name="stream">Stream of the draw.</param>
    public ArithmeticStory Story(int steps, IReadOnlyList<string> names, RandomStream stream)
    {
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            var own = stream.Derive(attempt);
            if (TryStory(steps, names, ref own) is { } story)
                return story;
        }

        throw new InvalidOperationException($"No story of {steps} steps was found in {Tries} tries.");
    }

    /// <summary>A format by shares.</summary>
    public static ArithmeticFormat Format(IReadOnlyList<double> shares, RandomStream stream)
    {
        var pick = stream.NextDouble() * shares.Sum();
        var format = 0;
        while (format + 1 < shares.Count && pick >= shares[format])
            pick -= shares[format++];
        return (ArithmeticFormat)format;
    }

    private (DrawnProblem? Problem, string Reason) Draw(int stratum, RandomStream stream)
    {
        var story = Story(options.Strata[stratum].Steps, ArithmeticWords.TrainNames, stream.Derive("story"));
        var solution = ArithmeticSolutionWriter.Write(story, Format(options.FormatShares, stream.Derive("format")));
        return (new DrawnProblem(story.Write(), solution, story.Hash(), stratum), "");
    }

    private static string Heldout(string statement) =>
        ArithmeticStoryReader.Read(statement).Renamed(name => ArithmeticWords.HeldoutNames[Array.IndexOf(ArithmeticWords.TrainNames, name)]).Write();

    private ArithmeticStory? TryStory(int steps, IReadOnlyList<string> names, ref RandomStream stream)
    {
        var name = Of(names, ref stream);
        var thing = Of(ArithmeticWords.Things, ref stream);
        var events = new List<ArithmeticEvent>();
        var left = steps;
        int value;
        if (stream.NextInt(5) < 2)
        {
            var (count, size) = (2 + stream.NextInt(5), 2 + stream.NextInt(8));
            events.Add(Tell(ArithmeticEventKind.StartGroups, count, size, ref stream));
            value = count * size;
            left--;
        }
        else
        {
            value = 2 + stream.NextInt(39);
            events.Add(Tell(ArithmeticEventKind.Start, value, 0, ref stream));
        }

        while (left > 0)
        {
            if (Next(left, value, ref stream) is not { } next)
                return null;
            var told = Tell(next.Kind, next.A, next.B, ref stream);
            events.Add(told);
            (value, left) = (next.Value, left - next.Steps);
        }

        if (stream.NextDouble() < options.AsideShare)
            events.Insert(1 + stream.NextInt(events.Count - (events[^1].Sentence.Kind == ArithmeticEventKind.Price ? 1 : 0)), Tell(ArithmeticEventKind.Aside, 2 + stream.NextInt(39), 0, ref stream));
        return new ArithmeticStory(name, thing, events);

        ArithmeticEvent Tell(ArithmeticEventKind kind, int a, int b, ref RandomStream own)
        {
            var sentence = Of(ArithmeticSentence.Of(kind), ref own);
            var others = names.Where(n => n != name).ToArray();
            return new ArithmeticEvent(
                sentence, a, b,
                sentence.Words.Contains("{O}") ? Of(others, ref own) : "",
                sentence.Words.Contains("{U}") ? Of([.. ArithmeticWords.Things.Where(t => t != thing)], ref own) : "");
        }
    }

    /// <summary>An event that the number and the steps that are left allow; null where the draw allows none.</summary>
    private static (ArithmeticEventKind Kind, int A, int B, int Value, int Steps)? Next(int left, int value, ref RandomStream stream)
    {
        const int Largest = ArithmeticWords.Largest;
        switch (stream.NextInt(10))
        {
            case 0 or 1 or 2:
                var more = 1 + stream.NextInt(20);
                return value + more <= Largest ? (ArithmeticEventKind.Gain, more, 0, value + more, 1) : null;
            case 3 or 4 or 5 when value > 1:
                var fewer = 1 + stream.NextInt(Math.Min(20, value - 1));
                return (ArithmeticEventKind.Lose, fewer, 0, value - fewer, 1);
            case 6 when left >= 2:
                var (count, size) = (2 + stream.NextInt(4), 2 + stream.NextInt(8));
                if (stream.NextInt(2) == 0)
                    return value + (count * size) <= Largest ? (ArithmeticEventKind.GainGroups, count, size, value + (count * size), 2) : null;
                return value - (count * size) >= 0 ? (ArithmeticEventKind.LoseGroups, count, size, value - (count * size), 2) : null;
            case 7:
                var times = 2 + stream.NextInt(3);
                return value * times <= Largest ? (ArithmeticEventKind.Scale, times, 0, value * times, 1) : null;
            case 8:
                var parts = 2 + stream.NextInt(5);
                return value >= parts && value % parts == 0 ? (ArithmeticEventKind.Share, parts, 0, value / parts, 1) : null;
            case 9 when left == 1:
                var price = 2 + stream.NextInt(8);
                return value * price <= Largest ? (ArithmeticEventKind.Price, price, 0, value * price, 1) : null;
            default:
                return null;
        }
    }

    private static T Of<T>(IReadOnlyList<T> items, ref RandomStream stream) => items[stream.NextInt(items.Count)];
}
