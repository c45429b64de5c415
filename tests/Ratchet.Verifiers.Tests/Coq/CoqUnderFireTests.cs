using System.Diagnostics;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Coq;
using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Tests.Coq;

/// <summary>Small by default; with RATCHET_LONG_TESTS=1 ten thousand checks and ten minutes.</summary>
[Collection("coq")]
public sealed class CoqUnderFireTests(CoqFixture coq, ITestOutputHelper output)
{
    private static readonly bool Long = Environment.GetEnvironmentVariable("RATCHET_LONG_TESTS") == "1";

    private enum Kind
    {
        Right,
        Wrong,
        Open,
        Cheat,
        Garbage,
        Loop,
        Memory,
        Flood,
        Deep,
    }

    [Fact]
    public async Task After_a_hostile_mix_nothing_is_lost_wrong_stuck_or_grown()
    {
        coq.SkipUnlessThere();
        var checks = Long ? 10_000 : 300;
        using var verifier = new CoqVerifier(new CoqOptions { Threads = 2, SentenceSeconds = 1, Level = CoqLevel.Guide, Limits = new ProcessLimits { MemoryBytes = 1L << 30 } });
        var stream = RandomStream.FromSeed(11);
        var items = Enumerable.Range(0, checks).Select(i => (Kind: Draw(stream.Derive(i)), Index: i)).ToList();
        var memory = new List<(int Index, long Pool, long Own)>();
        var verdicts = await Task.WhenAll(items.Select(async item =>
        {
            var verdict = await verifier.VerifyAsync(Statement(item.Index), Attempt(item.Kind, item.Index, stream.Derive(item.Index).Derive("text")), TestContext.Current.CancellationToken);
            if (item.Index % (checks / 30) == 0)
            {
                lock (memory)
                    memory.Add((item.Index, verifier.Figures.ResidentBytes, ProcessStatus.Read(Environment.ProcessId)!.Value.ResidentBytes));
            }

            return verdict;
        }));

        foreach (var group in items.Zip(verdicts).GroupBy(p => p.First.Kind).OrderBy(g => g.Key))
            output.WriteLine($"{group.Key}: {string.Join(", ", group.GroupBy(p => $"{p.Second.Outcome} {p.Second.Reason}").Select(g => $"{g.Key} {g.Count()}"))}");
        var figures = verifier.Figures;
        output.WriteLine($"resident MB: {string.Join(' ', memory.Select(m => m.Pool >> 20))}; own {string.Join(' ', memory.Select(m => m.Own >> 20))}; starts {figures.Starts}; {string.Join(", ", figures.Ends.Where(e => e.Value > 0).Select(e => $"{e.Key} {e.Value}"))}");
        foreach (var (item, verdict) in items.Zip(verdicts))
            Assert.True(Fits(item.Kind, verdict), $"{item.Kind} {item.Index}: {verdict.Outcome} {verdict.Reason} {(verdict.Feedback.Count > 0 ? verdict.Feedback[0].Message : "")}");
        Assert.Equal((0, 0), (figures.Busy, figures.Queued));

        // Two workers, each limited to 1 GiB while it works and replaced once it holds 500 MB afterwards: together never over 2 GiB, and no more in
        // the last third than in the first but for where a worker is in its life.
        var samples = memory.OrderBy(m => m.Index).ToList();
        Assert.All(samples, m => Assert.InRange(m.Pool, 0, 2L << 30));
        Assert.InRange(samples.TakeLast(10).Average(m => m.Pool), 0, samples.Take(10).Average(m => m.Pool) + (256 << 20));

        // This process holds 10,000 verdicts, a few MB. Beside other tests, as in a short run, its memory is not its own.
        if (Long)
            Assert.InRange(samples.TakeLast(10).Average(m => m.Own), 0, samples.Take(10).Average(m => m.Own) + (64 << 20));
        Assert.True((await verifier.VerifyAsync(Statement(checks), Attempt(Kind.Right, checks, stream), TestContext.Current.CancellationToken)).IsAccepted);
    }

    [Fact]
    public async Task While_workers_are_killed_at_random_every_check_ends_and_none_is_wrong()
    {
        coq.SkipUnlessThere();
        using var verifier = new CoqVerifier(new CoqOptions { Threads = 2, Level = CoqLevel.Guide });
        using var stop = new CancellationTokenSource();
        var shots = 0;
        var hunter = Task.Run(async () =>
        {
            var stream = RandomStream.FromSeed(3);
            while (!stop.IsCancellationRequested)
            {
                await Task.Delay(200 + stream.NextInt(1500), CancellationToken.None);
                var mine = Children();
                if (mine.Count > 0)
                    shots += Libc.kill(mine[stream.NextInt(mine.Count)], Libc.SIGKILL) == 0 ? 1 : 0;
            }
        });

        var begin = Stopwatch.GetTimestamp();
        var time = Long ? TimeSpan.FromMinutes(10) : TimeSpan.FromSeconds(5);
        int right = 0, unknown = 0;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(client => Task.Run(async () =>
        {
            for (var i = client; Stopwatch.GetElapsedTime(begin) < time; i += 4)
            {
                var kind = i % 3 == 0 ? Kind.Wrong : Kind.Right;
                var verdict = await verifier.VerifyAsync(Statement(i), Attempt(kind, i, default), CancellationToken.None);
                Assert.True(verdict.IsUnknown || Fits(kind, verdict), $"{kind}: {verdict.Outcome} {verdict.Reason}");
                if (verdict.IsUnknown)
                    Interlocked.Increment(ref unknown);
                else
                    Interlocked.Increment(ref right);
            }
        })));
        await stop.CancelAsync();
        await hunter;
        output.WriteLine($"{shots} kills, {right} right verdicts, {unknown} unknown, {verifier.Figures.Starts} starts");
        Assert.True(shots > 0 && right > 10, $"{shots} kills, {right} right verdicts, {unknown} unknown");

        // The pool of this verifier alone: other tests have theirs.
        List<int> Children() => verifier.Pool.WorkerProcesses().ToList();
    }

    private static Kind Draw(RandomStream stream) => stream.NextInt(1000) switch
    {
        < 500 => Kind.Right,
        < 700 => Kind.Wrong,
        < 780 => Kind.Open,
        < 850 => Kind.Cheat,
        < 960 => Kind.Garbage,
        < 970 => Kind.Loop,
        < 980 => Kind.Memory,
        < 990 => Kind.Flood,
        _ => Kind.Deep,
    };

    private static Problem Statement(int i) => CoqProblem.Create($"p{i}", $"Theorem t{i} : forall n m : nat, n = m + {i % 20} -> m + {i % 20} = n.", Split.Train);

    private static string Attempt(Kind kind, int i, RandomStream stream) => kind switch
    {
        Kind.Right => $"intros n m H{i}. symmetry. exact H{i}.",
        Kind.Wrong => $"intros n m H{i}. exact H{i}.",
        Kind.Open => $"intros n m H{i}. symmetry.",
        Kind.Cheat => $"intros n m H{i}. Admitted.",
        Kind.Garbage => Garbage(stream),
        Kind.Loop => $"repeat (assert ({i} = {i}) by reflexivity).",
        Kind.Memory => $"assert (list_of{i} : Nat.pow 2 50 = {i}) by (vm_compute; reflexivity).",
        Kind.Flood => $"do 100000000 idtac \"{new string('a', 200)} {i}\".",
        _ => $"exact {new string('(', 5_000 + i)}eq_refl{new string(')', 5_000 + i)}.",
    };

    private static string Garbage(RandomStream stream)
    {
        const string Alphabet = "abc xyz()[]{}.;:|-+*\"'<>&=#!@\\/\n\t123 introsexactapply é∀";
        return string.Concat(Enumerable.Range(0, 5 + stream.NextInt(200)).Select(_ => Alphabet[stream.NextInt(Alphabet.Length)])) + " .";
    }

    private static bool Fits(Kind kind, Verdict verdict) => kind switch
    {
        Kind.Right => verdict.IsAccepted,
        Kind.Wrong => verdict is Verdict.Rejected { Reason: VerdictReason.StepFailed },
        Kind.Open => verdict is Verdict.Rejected { Reason: VerdictReason.Incomplete },
        Kind.Cheat => verdict is Verdict.Rejected { Reason: VerdictReason.Cheat },
        Kind.Garbage => verdict is Verdict.Rejected or Verdict.Unknown { Reason: VerdictReason.TimedOut },
        Kind.Loop or Kind.Memory or Kind.Flood => verdict is Verdict.Unknown { Reason: VerdictReason.TimedOut or VerdictReason.OutOfMemory or VerdictReason.ResourceLimit },
        _ => !verdict.IsAccepted,
    };
}
