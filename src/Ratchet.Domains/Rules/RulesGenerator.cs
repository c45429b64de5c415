using Ratchet.Domains.Vocabulary;
using Ratchet.Loop;
using Ratchet.Problems;

namespace Ratchet.Domains.Rules;

/// <summary>Draws theories, solves them exactly and keeps those with the depth and answer that were wanted.</summary>
internal sealed class RulesGenerator(RulesGeneratorOptions options)
{
    public ProblemSet Generate(string domain, ProblemCounts counts, RandomStream stream) =>
        new StratumFiller(domain, [.. options.Strata.Select(s => (s.Name, s.SeedShare, s.Share))], counts).Fill(stream, Draw);

    private (DrawnProblem? Problem, string Reason) Draw(int stratum, RandomStream stream)
    {
        // All answers equally often.
        var answer = (RulesAnswer)stream.NextInt(3);
        var theory = RuleTheoryMaker.Make(answer, options.Strata[stratum].Depth, options, stream.Derive("theory"));
        if (theory.Rules.Length > RulesVocabulary.RuleIds.Count)
            return (null, "more rules than the vocabulary names");
        var solution = new RuleSolution(theory);
        var (proof, depth) = RulesProofWriter.Write(theory, solution);
        if (solution.Answer != answer || (answer != RulesAnswer.Unknown && depth != options.Strata[stratum].Depth))
            throw new InvalidOperationException($"A theory was made for {answer}, and {solution.Answer} follows.\n{theory.Write()}");
        return (new DrawnProblem(theory.Write(), proof, RulesCanonicalForm.Hash(theory), stratum), "");
    }
}
