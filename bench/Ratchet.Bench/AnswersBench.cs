using System.Globalization;
using Ratchet.Loop;
using Ratchet.Verifiers.Answers;

namespace Ratchet.Bench;

/// <summary>Pairs of answers compared in a second on one thread, by kind of answer, beside two plain baselines on the same pairs.</summary>
internal static class AnswersBench
{
    private const int Pairs = 2_000;
    private static readonly string[] Contenders = ["AnswerGrader", "decimal.Parse and ==", "string equality without spaces"];

    public static void Run(string[] args)
    {
        SideBySide.Check(args, "--repeats", "--data");
        if (SideBySide.Option(args, "--data", "") is { Length: > 0 } folder)
        {
            AnswersOnData.Run(folder, args);
            return;
        }

        var repeats = SideBySide.Number(SideBySide.Option(args, "--repeats", "5"));
        Console.WriteLine("## Answers");
        Console.WriteLine();
        SideBySide.PrintFacts("answers", args);
        Console.WriteLine($"- {Pairs} pairs of each kind, half of them equal, profile math, one thread. Each figure: median of {repeats} repeats (least to most) of at least 0.3 s, the contenders taken in turn.");
        Console.WriteLine("- The baselines cannot judge most kinds: decimal.Parse reads plain numbers only and is shown there alone; string equality is the fastest thing that could be called a grader.");
        Console.WriteLine();
        Console.WriteLine("| pairs | contender | pairs/s | to string equality |");
        Console.WriteLine("|---|---|---|---|");
        foreach (var (kind, make) in Kinds())
            Measure(kind, make, repeats);
    }

    private static IEnumerable<(string Kind, Func<RandomStream, (string, string)> Make)> Kinds()
    {
        yield return ("whole numbers and decimals", r => Numeric(r));
        yield return ("numbers with separators, units, fractions", r => Written(r));
        yield return ("surds and multiples of pi", r => Surds(r));
        yield return ("tuples, sets, intervals", r => Collections(r));
        yield return ("polynomials in x", r => Polynomials(r));
        yield return ("trigonometric expressions", r => Trigonometric(r));
    }

    private static (string, string) Numeric(RandomStream r)
    {
        var n = r.NextInt(1_000_000);
        return r.NextInt(2) == 0 ? ($"{n}.{n % 100:00}", $"{n}.{n % 100:00}") : ($"{n}", $"{n + 1}");
    }

    private static (string, string) Written(RandomStream r)
    {
        var n = 1 + r.NextInt(1_000_000);
        var other = n + r.NextInt(2);
        return r.NextInt(3) switch
        {
            0 => ($"{n}", string.Create(CultureInfo.InvariantCulture, $"{other:N0}\\text{{ cm}}")),
            1 => ($"\\frac{{{n}}}{{7}}", $"\\dfrac{{{2 * other}}}{{14}}"),
            _ => ($"{n}", $"x = {other}.0"),
        };
    }

    private static (string, string) Surds(RandomStream r)
    {
        var (a, b) = (1 + r.NextInt(40), 2 + r.NextInt(40));
        return r.NextInt(2) == 0
            ? ($"{a}\\sqrt{{{b}}}", $"\\sqrt{{{a * a * b + r.NextInt(2)}}}")
            : ($"\\frac{{{a}\\pi}}{{{b}}}", $"{a + r.NextInt(2)}\\pi/{b}");
    }

    private static (string, string) Collections(RandomStream r)
    {
        var (a, b) = (r.NextInt(100), 200 + r.NextInt(100));
        var c = b + r.NextInt(2);
        return r.NextInt(3) switch
        {
            0 => ($"({a},{b})", $"\\left({a}, \\frac{{{2 * c}}}{{2}}\\right)"),
            1 => ($"\\{{{a},{b},7\\}}", $"7, {c}, {a}"),
            _ => ($"[{a},{b})", $"{a}\\le x<{c}"),
        };
    }

    private static (string, string) Polynomials(RandomStream r)
    {
        var (a, b) = (1 + r.NextInt(30), 1 + r.NextInt(30));
        return ($"(x+{a})(x-{b})", $"x^2+{a - b}x-{(a * b) + r.NextInt(2)}");
    }

    private static (string, string) Trigonometric(RandomStream r)
    {
        var a = 1 + r.NextInt(30);
        return ($"{2 * a}\\sin x\\cos x", r.NextInt(2) == 0 ? $"{a}\\sin 2x" : $"{a}\\cos 2x");
    }

    private static void Measure(string kind, Func<RandomStream, (string, string)> make, int repeats)
    {
        var master = RandomStream.FromSeed(4);
        var pairs = Enumerable.Range(0, Pairs).Select(i => make(master.Derive(i))).ToArray();
        var numeric = pairs.All(p => decimal.TryParse(p.Item1, CultureInfo.InvariantCulture, out _) && decimal.TryParse(p.Item2, CultureInfo.InvariantCulture, out _));
        var contenders = new List<(int Name, Func<double> Rate)>
        {
            (0, () => Rate(pairs, (a, b) => AnswerGrader.Compare(a, b, AnswerProfiles.Math).IsEqual)),
            (2, () => Rate(pairs, (a, b) => a.Replace(" ", "", StringComparison.Ordinal) == b.Replace(" ", "", StringComparison.Ordinal))),
        };
        if (numeric)
            contenders.Insert(1, (1, () => Rate(pairs, (a, b) => decimal.Parse(a, CultureInfo.InvariantCulture) == decimal.Parse(b, CultureInfo.InvariantCulture))));
        var rates = SideBySide.Interleave([.. contenders.Select(c => c.Rate)], repeats);
        for (var i = 0; i < rates.Length; i++)
            Console.WriteLine($"| {kind} | {Contenders[contenders[i].Name]} | {rates[i].Median:N0} ({rates[i].Least:N0} to {rates[i].Most:N0}) | {rates[i].Median / rates[^1].Median:G2} |");
    }

    private static double Rate((string, string)[] pairs, Func<string, string, bool> compare)
    {
        var equal = 0;
        return SideBySide.Rate(
            () =>
            {
                foreach (var (a, b) in pairs)
                    equal += compare(a, b) ? 1 : 0;
            },
            pairs.Length,
            0.3);
    }
}
