using System.Diagnostics;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Verifiers.Coq;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Bench;

/// <summary>Coq checks on one core: warm workers and full checks against one <c>coqc</c> a file, and what a step of a search costs.</summary>
internal static class CoqBench
{
    private const int Files = 4;
    private const int Warm = 200;
    private const int Batch = 8;
    private const int Steps = 1000;

    private sealed record Family(string Name, string Header, string Statement, string Proof);

    // Each statement gets its own number, so that no check is answered from the cache.
    private static readonly Family[] Families =
    [
        new("prelude, 4 tactics", "", "forall (a b : Prop), a /\\ b -> N = N -> b /\\ a", "intros a b [x y] e. split. exact y. exact x."),
        new("Lia, 2 tactics", "Require Import Lia.", "forall n m : nat, n + N <= m -> n < m + S N", "intros n m h. lia."),
        new("Reals and Lra, 2 tactics", "Require Import Reals Lra. Open Scope R_scope.", "forall x y : R, x + N < y -> x < y + 1", "intros x y h. lra."),
    ];

    public static void Run(string[] args)
    {
        SideBySide.Check(args, "--repeats");
        var repeats = SideBySide.Number(SideBySide.Option(args, "--repeats", "3"));
        Console.WriteLine("## Coq, checks a second on one core");
        Console.WriteLine();
        SideBySide.PrintFacts("coq", args);
        Console.WriteLine($"- Each figure: median of {repeats} rounds (least to most), the contenders taken in turn. coqc: one process a file, {Files} files a round, its usual settings. Warm: {Warm} different proofs on one worker. Full: {Batch} of them rechecked in one fresh process, its start, the audit of statement and axioms included.");
        Console.WriteLine();
        Console.WriteLine("| proofs | coqc, one a file | warm worker | to coqc | full check, batches of 8 | to coqc |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var family in Families)
            SideBySideRow(family, repeats);
        Console.WriteLine();
        Latency();
    }

    private static void SideBySideRow(Family family, int repeats)
    {
        using var verifier = new CoqVerifier(new CoqOptions { Threads = 1, Level = CoqLevel.Guide });
        var next = 0;
        Check(verifier, family, ref next, 1);
        using var folder = new ScratchFolder();
        var rates = SideBySide.Interleave(
            [
                () => Rate(Files, () => Compile(family, folder.Path, ref next)),
                () => Rate(Warm, () => Check(verifier, family, ref next, Warm)),
                () => Rate(Batch, () => Recheck(verifier, family, ref next)),
            ],
            repeats);
        Console.WriteLine($"| {family.Name} | {Show(rates[0])} | {Show(rates[1])} | {rates[1].Median / rates[0].Median:F0} | {Show(rates[2])} | {rates[2].Median / rates[0].Median:F1} |");

        static string Show(SideBySide.Spread spread) => $"{spread.Median:F1} ({spread.Least:F1} to {spread.Most:F1})";
    }

    private static double Rate(int checks, Action work)
    {
        var clock = Stopwatch.StartNew();
        work();
        return checks / clock.Elapsed.TotalSeconds;
    }

    private static string Source(Family family, int number) =>
        $"{family.Header}\nTheorem t{number} : {family.Statement.Replace("N", (number % 50).ToString(), StringComparison.Ordinal)}.";

    private static void Check(CoqVerifier verifier, Family family, ref int next, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var verdict = verifier.VerifyAsync(CoqProblem.Create("p", Source(family, next++), Split.Train), family.Proof, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            if (!verdict.IsAccepted)
                throw new InvalidOperationException($"{family.Name}: {verdict.Reason} {(verdict.Feedback.Count > 0 ? verdict.Feedback[0].Message : "")}");
        }
    }

    private static void Recheck(CoqVerifier verifier, Family family, ref int next)
    {
        var first = next;
        next += Batch;
        var items = Enumerable.Range(first, Batch).Select(i => (CoqProblem.Create("p", Source(family, i), Split.Train), family.Proof)).ToList();
        var verdicts = verifier.RecheckAsync(items, CancellationToken.None).GetAwaiter().GetResult();
        if (verdicts.Any(v => !v.IsAccepted))
            throw new InvalidOperationException($"{family.Name}: the full check does not accept");
    }

    private static void Compile(Family family, string folder, ref int next)
    {
        for (var i = 0; i < Files; i++)
        {
            var file = Path.Combine(folder, $"t{next}.v");
            File.WriteAllText(file, $"{Source(family, next++)}\nProof. {family.Proof} Qed.\n");
            using var process = Process.Start(new ProcessStartInfo("coqc", ["-q", file]) { WorkingDirectory = folder }) ?? throw new RatchetException("coqc cannot be started.");
            process.WaitForExit();
            if (process.ExitCode != 0)
                throw new InvalidOperationException($"{family.Name}: coqc does not accept");
        }
    }

    /// <summary>Tactics on a goal with a few hypotheses: executed; and as a search needs them, executed, goals printed, taken back.</summary>
    private static void Latency()
    {
        var deadline = Deadline.After(TimeSpan.FromMinutes(5));
        using var worker = new CoqWorker(CoqInstallation.Find(null), new CoqOptions(), [], deadline);
        var statement = CoqStatement.Parse("Theorem t : forall a b c : Prop, (a -> b) -> (b -> c) -> a -> c /\\ (a \\/ b).", true);
        _ = worker.Open(statement, deadline);
        _ = worker.Step("intros a b c f g x.", deadline);
        string[] tactics = ["split.", "assert (y : b).", "pose proof (f x) as y.", "exfalso.", "generalize x.", "cut a.", "idtac.", "apply conj."];
        var step = new List<double>();
        var search = new List<double>();
        for (var i = 0; i < Steps; i++)
        {
            var begin = Stopwatch.GetTimestamp();
            _ = worker.Step(tactics[i % tactics.Length], deadline);
            step.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
            _ = worker.Goals(deadline);
            worker.StepBack(deadline);
            search.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }

        Console.WriteLine($"A tactic on a warm worker ({Steps} of {tactics.Length} kinds): executed {At(step, 0.5):F2} ms median, {At(step, 0.95):F2} at the 95th percentile; executed, all goals read and taken back {At(search, 0.5):F2} and {At(search, 0.95):F2} ms.");

        static double At(List<double> times, double part) => times.Order().ElementAt((int)(part * (times.Count - 1)));
    }
}
