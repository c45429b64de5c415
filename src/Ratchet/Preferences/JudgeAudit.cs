using Ratchet.Evaluation;
using Ratchet.Loop;
using Ratchet.Runs;

namespace Ratchet.Preferences;

/// <summary>A pair with the labels of several people and of a judge.</summary>
public sealed record AuditedPair
{
    /// <summary>Labels of people, each 1, 2 or 1.5; at least two.</summary>
    public required IReadOnlyList<double> Human { get; init; }

    /// <summary>Labels of the judge, one a replicate; at least one. Weak preferences are rounded to 1, 1.5 or 2.</summary>
    public required IReadOnlyList<double> Judge { get; init; }

    /// <summary>Length of the first response.</summary>
    public required double FirstLength { get; init; }

    /// <summary>Length of the second response in the same unit.</summary>
    public required double SecondLength { get; init; }

    /// <summary>The first response is written as a list.</summary>
    public bool FirstIsList { get; init; }

    /// <summary>The second response is written as a list.</summary>
    public bool SecondIsList { get; init; }
}

/// <summary>How far a judge can be trusted: its row in the table of judges.</summary>
/// <remarks>
/// Dubois et al. 2023 (arXiv 2305.14387), section on annotators, and the AlpacaEval judge table. A label and a mode agree by 1 where they are equal, a half where one of them is a
/// tie, else 0. The mode of labels of which 1 and 2 are equally frequent is a tie; upstream takes one of them at random.
/// </remarks>
public sealed record JudgeAudit
{
    /// <summary>Judge.</summary>
    public required string Name { get; init; }

    /// <summary>Share of labels that agree with the mode of the people but one, averaged over who is left out. For people: with the mode of the others.</summary>
    public required Estimate Agreement { get; init; }

    /// <summary>Share of pairs on which the judge's mode and the people's mode differ; 0 for people themselves.</summary>
    public required double Bias { get; init; }

    /// <summary>Share of labels that differ from the mode of the judge's other labels of the pair; null with one label a pair.</summary>
    public double? Variance { get; init; }

    /// <summary>Share of preferences for the longer response, of pairs whose lengths differ by more than the limit; null where there are none.</summary>
    public double? Longer { get; init; }

    /// <summary>Share of preferences for the list, of pairs with one list; null where there are none.</summary>
    public double? List { get; init; }

    /// <summary>Share of preferences for the response that stands first in the pair.</summary>
    public required double First { get; init; }

    /// <summary>Pairs.</summary>
    public required int Pairs { get; init; }

    /// <summary>Audits a judge.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="pairs">Pairs, at least one.</param>
    /// <param name="lengthLimit">Lengths count as different when they are more than this apart (30 characters in the paper).</param>
    /// <param name="stream">Stream of the bootstrap over pairs.</param>
    public static JudgeAudit Of(string name, IReadOnlyList<AuditedPair> pairs, double lengthLimit, RandomStream stream)
    {
        Check(pairs);
        var agreement = pairs.Select(p => Enumerable.Range(0, p.Human.Count).Average(left => p.Judge.Average(label => Agree(Rounded(label), ModeWithout(p.Human, left))))).ToList();
        var variance = pairs.Where(p => p.Judge.Count > 1).Select(p => 1 - LeaveOneOut(p.Judge)).ToList();
        return Make(name, pairs, agreement, pairs.Average(p => 1 - Agree(Mode(p.Judge), Mode(p.Human))), variance.Count > 0 ? variance.Average() : null, p => p.Judge, lengthLimit, stream);
    }

    /// <summary>The row of the people themselves: each against the mode of the others.</summary>
    /// <inheritdoc cref="Of"/>
    public static JudgeAudit OfHumans(string name, IReadOnlyList<AuditedPair> pairs, double lengthLimit, RandomStream stream)
    {
        Check(pairs);
        var agreement = pairs.Select(p => LeaveOneOut(p.Human)).ToList();
        return Make(name, pairs, agreement, 0, 1 - agreement.Average(), p => p.Human, lengthLimit, stream);
    }

    /// <summary>The judge that always takes the longer response: the baseline that every table shows.</summary>
    /// <inheritdoc cref="Of"/>
    public static JudgeAudit OfLongest(IReadOnlyList<AuditedPair> pairs, double lengthLimit, RandomStream stream)
    {
        Check(pairs);
        return Of("longest", [.. pairs.Select(p => p with { Judge = [p.FirstLength > p.SecondLength ? 1 : p.FirstLength < p.SecondLength ? 2 : Annotation.Tie] })], lengthLimit, stream);
    }

    /// <summary>The most frequent of 1, 1.5 and 2; a tie where 1 and 2 are equally frequent.</summary>
    public static double Mode(IEnumerable<double> labels)
    {
        int first = 0, second = 0, tie = 0;
        foreach (var label in labels.Select(Rounded))
            _ = label switch { 1 => first++, 2 => second++, _ => tie++ };
        return first == second || (tie > first && tie > second) ? Annotation.Tie : first > second ? 1 : 2;
    }

    private static double Rounded(double label) => label < Annotation.Tie ? 1 : label > Annotation.Tie ? 2 : Annotation.Tie;

    private static double Agree(double left, double right) => 1 - Math.Abs(left - right);

    private static double ModeWithout(IReadOnlyList<double> labels, int left) => Mode(labels.Where((_, i) => i != left));

    private static double LeaveOneOut(IReadOnlyList<double> labels) => Enumerable.Range(0, labels.Count).Average(i => Agree(Rounded(labels[i]), ModeWithout(labels, i)));

    private static void Check(IReadOnlyList<AuditedPair> pairs)
    {
        ArgumentNullException.ThrowIfNull(pairs);
        if (pairs.Count == 0 || pairs.Any(p => p.Human.Count < 2 || p.Judge.Count < 1))
            throw new ArgumentException("An audit needs pairs with at least two labels of people and one of the judge.", nameof(pairs));
    }

    private static JudgeAudit Make(
        string name, IReadOnlyList<AuditedPair> pairs, List<double> agreement, double bias, double? variance, Func<AuditedPair, IReadOnlyList<double>> labels, double lengthLimit, RandomStream stream)
    {
        return new JudgeAudit
        {
            Name = name,
            Agreement = Intervals.Bootstrap(agreement, 1000, stream),
            Bias = bias,
            Variance = variance,
            Longer = Share(pairs.Where(p => Math.Abs(p.FirstLength - p.SecondLength) > lengthLimit), p => p.FirstLength > p.SecondLength),
            List = Share(pairs.Where(p => p.FirstIsList != p.SecondIsList), p => p.FirstIsList),
            First = Share(pairs, _ => true)!.Value,
            Pairs = pairs.Count,
        };

        // Share of labels for the first response where it has the property, else for the second; ties count a half.
        double? Share(IEnumerable<AuditedPair> some, Func<AuditedPair, bool> firstHas)
        {
            var list = some.ToList();
            return list.Count == 0 ? null : list.Average(p => labels(p).Average(l => firstHas(p) ? 2 - Rounded(l) : Rounded(l) - 1));
        }
    }
}
