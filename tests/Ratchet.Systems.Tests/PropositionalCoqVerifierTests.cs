using Ratchet.Domains.Propositional;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Verdicts;
using Ratchet.Verifiers.Coq;

namespace Ratchet.Systems.Tests;

public sealed class PropositionalCoqVerifierTests(ITestOutputHelper output)
{
    private static readonly int Attempts = Environment.GetEnvironmentVariable("RATCHET_LONG_TESTS") == "1" ? 5000 : 300;
    private static readonly PropositionalDomain Domain = new();

    /// <summary>
    /// Reference scripts, the same for other goals, and scripts with words exchanged, left out or doubled: the kernel accepts nothing that Coq
    /// refuses, and refuses only what the domain's page says beside what Coq refuses.
    /// </summary>
    [Fact]
    public async Task The_kernel_and_coq_give_the_same_verdicts()
    {
        using var coq = Coq(CoqLevel.Guide);
        var verifier = new PropositionalCoqVerifier(coq);
        var problems = Domain.Generate(new ProblemCounts(200, 1, 1), RandomStream.FromSeed(5));
        var seeds = problems.In(Split.Seed);
        var stream = RandomStream.FromSeed(6);
        var attempts = Enumerable.Range(0, Attempts).Select(i =>
        {
            var draw = stream.Derive(i);
            var problem = seeds[draw.NextInt(seeds.Count)];
            var script = problems.References[i % 5 == 4 ? seeds[draw.NextInt(seeds.Count)].Id : problem.Id];
            return (Problem: problem, Text: i % 5 < 2 ? script : Mutate(script, draw));
        }).ToList();
        var verdicts = await Task.WhenAll(attempts.Select(async a => (
            Kernel: await Domain.Verifier.VerifyAsync(a.Problem, a.Text, TestContext.Current.CancellationToken),
            Coq: await verifier.VerifyAsync(a.Problem, a.Text, TestContext.Current.CancellationToken))));

        output.WriteLine($"{verdicts.Count(v => v.Kernel.IsAccepted)} accepted by the kernel, {verdicts.Count(v => v.Coq.IsAccepted)} by Coq, of {Attempts}");
        var different = attempts.Zip(verdicts).Where(p => p.Second.Kernel.IsAccepted != p.Second.Coq.IsAccepted).ToList();
        foreach (var (attempt, verdict) in different)
            output.WriteLine($"{attempt.Problem.Statement} | {attempt.Text} | kernel {verdict.Kernel.Reason} {Said(verdict.Kernel)} | Coq {verdict.Coq.Reason} {Said(verdict.Coq)}");
        Assert.DoesNotContain(verdicts, v => v.Coq.IsUnknown || v.Kernel.IsUnknown);
        Assert.DoesNotContain(different, p => p.Second.Kernel.IsAccepted);
        Assert.InRange(different.Count, 0, Attempts / 100);
        Assert.InRange(verdicts.Count(v => v.Kernel.IsAccepted), Attempts / 4, 3 * Attempts / 4);
    }

    [Fact]
    public async Task Statement_and_offsets_are_those_of_the_domain()
    {
        using var coq = Coq(CoqLevel.Full);
        var verifier = new PropositionalCoqVerifier(coq);
        var problem = Domain.Parse("p", @"A /\ B -> B /\ A", Split.Train);
        var good = await verifier.VerifyAsync(problem, "intros [h0 h1]. split. exact h1. exact h0.", TestContext.Current.CancellationToken);
        Assert.Equal((true, TrustLevel.Full, "coq"), (good.IsAccepted, good.Trust, good.Verifier));
        var bad = await verifier.VerifyAsync(problem, "intros [h0 h1]. split. exact h0. exact h0.", TestContext.Current.CancellationToken);
        Assert.Equal((29, 31), (bad.Feedback[0].Start, bad.Feedback[0].End));
    }

    private static string Said(Verdict verdict) => verdict.Feedback.Count > 0 ? verdict.Feedback[0].Message.Replace('\n', ' ') : "";

    private static CoqVerifier Coq(CoqLevel level)
    {
        try
        {
            return new CoqVerifier(new CoqOptions { Threads = 2, Level = level });
        }
        catch (RatchetException e)
        {
            Assert.Skip(e.Message);
            throw;
        }
    }

    private static string Mutate(string script, RandomStream stream)
    {
        var words = script.Split(' ').ToList();
        var at = stream.NextInt(words.Count);
        switch (stream.NextInt(4))
        {
            case 0:
                words.RemoveAt(at);
                break;
            case 1:
                words.Insert(at, words[at]);
                break;
            case 2:
                words[at] = words[stream.NextInt(words.Count)];
                break;
            default:
                var other = stream.NextInt(words.Count);
                (words[at], words[other]) = (words[other], words[at]);
                break;
        }

        return string.Join(' ', words);
    }
}
