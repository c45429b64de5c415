using System.Globalization;
using System.Text.Json;
using Ratchet.Preferences;
using Ratchet.Reports;
using Ratchet.Runs;

namespace Ratchet.Systems.AlpacaFarm;

/// <summary>What a run of the farm adds to its report.</summary>
internal static class FarmReport
{
    private const int Shown = 12;

    /// <summary>Sections of a method's run.</summary>
    public static IEnumerable<ReportSection> Sections(FarmWorld world, string folder, FarmPolicy policy, IReadOnlyList<FarmOutput> outputs)
    {
        if (policy.Curve.Count > 0)
        {
            yield return new ReportSection
            {
                Title = "Over-optimisation",
                Text = $"The policy on {world.Validation.Count} validation instructions as it trains. The reward model's score is what is optimised; the gold utility is what it is for. Update {policy.Chosen} was evaluated.",
                Charts =
                [
                    new ReportChart { Title = "Score and gold utility", X = "update", Lines = [Line("gold", policy.Curve, p => p.Update, p => p.Gold, p => 1.96 * p.GoldError), Line("score", policy.Curve, p => p.Update, p => p.Proxy)] },
                    new ReportChart { Title = "Gold utility over divergence", X = "KL from the start model, nats a response", Lines = [Line("gold", [.. policy.Curve.OrderBy(p => p.Kl)], p => p.Kl, p => p.Gold, p => 1.96 * p.GoldError)] },
                    new ReportChart { Title = "Length", X = "update", Lines = [Line("words", policy.Curve, p => p.Update, p => p.Length)] },
                    new ReportChart { Title = "Win rate against the reference", X = "update", Lines = [Line("judge", policy.Curve, p => p.Update, p => p.Win)] },
                ],
            };
        }

        yield return new ReportSection
        {
            Title = "By kind of instruction",
            Columns = ["Kind", "Instructions", "Gold", "Task", "Form kept", "Words", "Simulated win rate", "Human win rate"],
            Rows =
            [
                .. outputs.GroupBy(o => o.Kind).Select(g => (IReadOnlyList<string>)
                [
                    g.Key, Whole(g.Count()), Number(g.Average(o => o.Gold)), Number(g.Average(o => o.Task)), Percent(g.Average(o => o.Format)), Number(g.Average(o => o.Length)), Percent(g.Average(o => o.Simulated - 1)),
                    Percent(g.Average(o => o.Human - 1)),
                ]),
            ],
        };
        yield return new ReportSection
        {
            Title = "Some responses",
            Text = "The first of the evaluation. A preference of 2 is the response's, 1 the reference's.",
            Columns = ["Instruction", "Response", "Reference", "Gold", "Simulated", "Human"],
            Rows = [.. outputs.Take(Shown).Select(o => (IReadOnlyList<string>)[o.Instruction, Flat(o.Output), Flat(o.Reference), Number(o.Gold), Number(o.Simulated), Number(o.Human)])],
        };
        if (Audit(folder) is { Count: > 0 } audit)
            yield return Table(audit);
    }

    /// <summary>The section of a best-of-n curve.</summary>
    public static ReportSection Section(IReadOnlyList<BestOfNPoint> points) => new()
    {
        Title = "Best of n",
        Text = "The mean reward of the best of n samples, and its mean gold utility with the 95 % interval over instructions.",
        Columns = ["n", "Reward", "Gold", "Interval"],
        Rows = [.. points.Select(p => (IReadOnlyList<string>)[Whole(p.N), Number(p.Proxy), Number(p.Gold), $"{Number(p.Low)} to {Number(p.High)}"])],
        Charts = [new ReportChart { Title = "Reward and gold utility", X = "log2 n", Lines = [new("gold", [.. points.Select(p => new ReportPoint(Math.Log2(p.N), p.Gold, p.Low, p.High))]), new("reward", [.. points.Select(p => new ReportPoint(Math.Log2(p.N), p.Proxy))])] }],
    };

    /// <summary>The table of judges.</summary>
    public static ReportSection Table(IReadOnlyList<JudgeAudit> audit) => new()
    {
        Title = "Judges",
        Text = $"{audit[0].Pairs} pairs of different samples of the start model with four labels of people and of each judge. Agreement is with the mode of three people, bias the share of pairs on which the modes differ, variance the disagreement of a judge with itself; then preferences for what is longer (by more than three words), a list, and written first.",
        Columns = ["Judge", "Agreement", "Interval", "Bias", "Variance", "Longer", "List", "First"],
        Rows =
        [
            .. audit.Select(a => (IReadOnlyList<string>)
                [a.Name, Percent(a.Agreement.Value), $"{Percent(a.Agreement.Low)} to {Percent(a.Agreement.High)}", Percent(a.Bias), a.Variance is { } v ? Percent(v) : "none", a.Longer is { } l ? Percent(l) : "none", a.List is { } i ? Percent(i) : "none", Percent(a.First)]),
        ],
    };

    /// <summary>Reads the audit of a run; empty where it has none.</summary>
    public static IReadOnlyList<JudgeAudit> Audit(string folder)
    {
        var path = Path.Combine(folder, FarmAudit.AuditFile);
        return File.Exists(path) ? JsonSerializer.Deserialize<List<JudgeAudit>>(File.ReadAllText(path), RunSummary.JsonOptions)! : [];
    }

    public static string Number(double value) => value.ToString("0.00", CultureInfo.InvariantCulture);

    public static string Percent(double share) => (100 * share).ToString("0.0", CultureInfo.InvariantCulture) + " %";

    private static string Whole(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Flat(string text) => text.Replace('\n', ' ');

    private static ReportLine Line(string name, IReadOnlyList<FarmPoint> curve, Func<FarmPoint, double> x, Func<FarmPoint, double> y, Func<FarmPoint, double>? half = null) =>
        new(name, [.. curve.Select(p => half is null ? new ReportPoint(x(p), y(p)) : new ReportPoint(x(p), y(p), y(p) - half(p), y(p) + half(p)))]);
}
