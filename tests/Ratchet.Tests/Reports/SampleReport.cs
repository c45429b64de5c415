using Ratchet.Evaluation;
using Ratchet.Loop;
using Ratchet.Reports;
using Ratchet.Runs;
using Ratchet.Selection;
using Ratchet.Verdicts;

namespace Ratchet.Tests.Reports;

/// <summary>Data of an invented run of realistic shape.</summary>
internal static class SampleReport
{
    public static ReportData Create()
    {
        var stream = RandomStream.FromSeed(4);
        string[] strata = ["depth 1-2", "depth 3-4", "depth 5-6", "depth 7-8"];
        double[][] levels = [[0.42, 0.12, 0.03, 0.0], [0.7, 0.3, 0.1, 0.02], [0.86, 0.5, 0.22, 0.06], [0.92, 0.64, 0.33, 0.1], [0.95, 0.72, 0.41, 0.16]];
        var rounds = levels.Select((level, round) => Round(round, strata, level)).ToList();
        return new ReportData
        {
            Summary = new RunSummary
            {
                Status = "completed", Recipe = "first-proofs", Seed = 1, WallSeconds = 247.3, Parameters = 1_049_216, Rounds = rounds, TokensSampled = 3_812_554, TokensTrained = 9_204_118,
                Verifier = new VerifierSummary(92_160, 31_877, 48_211, 43_901, new Dictionary<string, long> { ["ResourceLimit"] = 48 }),
                Speed = new SpeedSummary(48_210.4, 61_877.2, 20_455.9),
                Parity = new ParitySummary(2.13e-5),
                Removed = new Dictionary<string, int> { ["same canonical hash as a held-out problem"] = 212, ["same canonical hash as another problem"] = 1490 },
                WeightsHash = "9f2c5a0e7d6b4c1f8a3e2d1c0b9a8f7e6d5c4b3a29181706f5e4d3c2b1a09f8e",
                Environment = new Dictionary<string, string> { ["commit"] = "1a2b3c4", ["machine"] = "2 cores, AVX-512, 23 GiB", ["runtime"] = ".NET 10.0.12", ["system"] = "Debian GNU/Linux 12" },
            },
            Recipe = "name: first-proofs\ndomain: propositional\nseed: 1\nproblems:\n  seed: 400\n  train: 2000\n  heldout: 300\nmodel:\n  layers: 4\n  width: 128\nselection:\n  per_problem: 4\n  prefer: shortest\n",
            Command = "./ratchet run recipes/first-proofs.yaml --seed 1 --out runs/a",
            NewlySolved = 143,
            Pairs =
            [
                new("h17", "depth 3-4", "(A -> B) -> (B -> C) -> A -> C /\\ (A \\/ B)", "intros H H0 H1. split. apply H0. apply H1. left. exact H1.", [new Feedback(39, 41, "Unable to unify \"B\" with \"A\": H1 proves A, the goal is B.")],
                    "intros H H0 H1. split. apply H0. apply H. exact H1. left. exact H1."),
                new("h52", "depth 5-6", "~ (A \\/ B) <-> ~ A /\\ ~ B", "split. intros H. split. intros H0. apply H. left. exact H0.", [new Feedback(59, 59, "The proof ends while 2 goals are open: ~ B, and ~ A /\\ ~ B -> ~ (A \\/ B).")],
                    "split. intros H. split. intros H0. apply H. left. exact H0. intros H0. apply H. right. exact H0. intros H. destruct H as [H0 H1]. intros H2. destruct H2 as [H3 | H4]. apply H0. exact H3. apply H1. exact H4."),
            ],
            ProofLengths = new Dictionary<int, IReadOnlyList<int>>
            {
                [0] = [.. Enumerable.Range(0, 300).Select(_ => 6 + (int)Math.Abs(stream.NextNormal() * 7))],
                [4] = [.. Enumerable.Range(0, 1400).Select(_ => 8 + (int)Math.Abs(stream.NextNormal() * 14))],
            },
            Rejections = new Dictionary<VerdictReason, long> { [VerdictReason.StepFailed] = 611, [VerdictReason.Incomplete] = 240, [VerdictReason.Syntax] = 42, [VerdictReason.CutOff] = 88 },
            AcceptedByProblem = Enumerable.Range(0, 900).ToDictionary(i => $"p{i}", i => 1 + (900 / (i + 1))),
            Loss = [.. Enumerable.Range(0, 5).SelectMany(r => Enumerable.Range(1, r == 0 ? 400 : 250).Select(s => new LossPoint(r, s, (r == 0 ? 2.4 * Math.Exp(-s / 70.0) : 0) + 0.32 - (0.03 * r) + (0.12 * Math.Exp(-s / 60.0)) + (0.02 * stream.NextNormal()))))],
            Selections = [.. Enumerable.Range(1, 4).Select(r => new SelectionReport
            {
                Round = r, Judged = 16_000 * r, Selected = 1700 * r, Problems = 800 + (150 * r), SeedRows = 400, Rows = 400 + (1700 * r), TargetTokens = 41_000L * r,
                Dropped = new SortedDictionary<DropReason, int> { [DropReason.Rejected] = 9000 * r, [DropReason.NotEnded] = 300 * r, [DropReason.Duplicate] = 3200 * r, [DropReason.OverLimit] = 1800 * r },
            })],
            Gain = new RoundComparison(8, new Comparison { Before = 0.4, After = 0.8, Difference = 0.4131, Low = 0.3612, High = 0.4655, PValue = 0.0005, Problems = 300, LeftOut = 0, SeedsPaired = true }),
        };
    }

    public static Estimate Around(double value, int problems)
    {
        var half = 1.96 * Math.Sqrt(Math.Max(value * (1 - value), 0.003) / problems);
        return new Estimate(value, Math.Max(0, value - half), Math.Min(1, value + half));
    }

    private static RoundSummary Round(int round, string[] strata, double[] level)
    {
        EvaluationSummary Evaluate(double one, int problems) => new()
        {
            Problems = problems, Attempts = problems * 16, Greedy = Around(Math.Min(1, one * 1.15), problems), Tokens = problems * 16 * 21L, VerifierCalls = problems * 17L,
            PassAtK = new SortedDictionary<int, Estimate> { [1] = Around(one, problems), [4] = Around(1 - Math.Pow(1 - one, 2.2), problems), [8] = Around(1 - Math.Pow(1 - one, 3), problems) },
        };
        return new RoundSummary
        {
            Round = round, Checkpoint = $"round-{round}", Examples = 400 + (1700 * round), Steps = round == 0 ? 400 : 250, Loss = 0.32 - (0.03 * round),
            Train = round == 0 ? new TrainSummary(400, 400, 400, 0, 400) : new TrainSummary(2000, 16_000, 5200 + (1500 * round), 12, 900 + (180 * round)),
            Heldout = Evaluate(level.Average(), 300) with { ByStratum = new SortedDictionary<string, EvaluationSummary>(strata.Select((s, i) => (s, i)).ToDictionary(x => x.s, x => Evaluate(level[x.i], 75)), StringComparer.Ordinal) },
        };
    }
}
