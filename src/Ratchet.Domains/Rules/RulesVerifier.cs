using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Verdicts;

namespace Ratchet.Domains.Rules;

/// <summary>Judges a proof about a theory of rules with preferences: every step, the answer, and whether the steps carry it.</summary>
/// <remarks>
/// An answer of <c>proved</c> or <c>disproved</c> needs steps that derive the statement or its negation; <c>unknown</c> needs a right reason for each rule
/// about the statement. So a guessed word is not accepted. Reasons: <see cref="VerdictReason.Proved"/>; <see cref="VerdictReason.Syntax"/>;
/// <see cref="VerdictReason.StepFailed"/> at the first wrong step; <see cref="VerdictReason.WrongAnswer"/>;
/// <see cref="VerdictReason.Incomplete"/> where there is no answer or the steps do not carry it; unknown with
/// <see cref="VerdictReason.ResourceLimit"/> beyond 200,000 characters. Safe to call from many threads.
/// </remarks>
public sealed class RulesVerifier() : InProcessVerifier("rules", "1")
{
    /// <summary>Judges a proof.</summary>
    /// <param name="statement">Statement in any form that the domain reads.</param>
    /// <param name="proof">Steps and answer.</param>
    /// <exception cref="StatementException">The text is no statement.</exception>
    public Verdict Verify(string statement, string proof)
    {
        ArgumentNullException.ThrowIfNull(statement);
        ArgumentNullException.ThrowIfNull(proof);
        return Verify(RulesStatementReader.Read(statement), proof);
    }

    /// <summary>Judges each step of a proof, whatever its answer. A step that rests on a wrong one is wrong too.</summary>
    /// <param name="statement">Statement in any form that the domain reads.</param>
    /// <param name="proof">Steps, with or without an answer. After a place that cannot be read nothing is judged.</param>
    /// <exception cref="StatementException">The text is no statement.</exception>
    public static IReadOnlyList<RulesStepLabel> Label(string statement, string proof)
    {
        ArgumentNullException.ThrowIfNull(statement);
        ArgumentNullException.ThrowIfNull(proof);
        var theory = RulesStatementReader.Read(statement);
        var checker = new RulesProofChecker(theory, new RuleSolution(theory));
        return [.. RulesProofReader.Read(proof).Steps.Select(s => new RulesStepLabel(s.Start, s.End, checker.Check(s)))];
    }

    internal Verdict Verify(RuleTheory theory, string text)
    {
        if (TooLong("proof", text, RulesProofReader.MaxLength) is { } tooLong)
            return tooLong;
        var proof = RulesProofReader.Read(text);
        if (proof.Mistake is not null)
            return Rejected(VerdictReason.Syntax, proof.Position, proof.Position, proof.Mistake, 0);
        var solution = new RuleSolution(theory);
        var checker = new RulesProofChecker(theory, solution);
        for (var i = 0; i < proof.Steps.Count; i++)
        {
            if (checker.Check(proof.Steps[i]) is { } mistake)
                return Rejected(VerdictReason.StepFailed, proof.Steps[i].Start, proof.Steps[i].End, $"Step {i + 1}: {mistake}", i);
        }

        if (proof.Answer is not { } answer)
            return Rejected(VerdictReason.Incomplete, text.Length, text.Length, "There is no answer.", proof.Steps.Count);
        if (answer != solution.Answer)
            return Rejected(VerdictReason.WrongAnswer, proof.AnswerStart, text.Length, $"The statement is not {RulesProofReader.Answers[(int)answer]}.", proof.Steps.Count);
        if (checker.Missing(answer) is { } missing)
            return Rejected(VerdictReason.Incomplete, text.Length, text.Length, missing, proof.Steps.Count);
        return Accepted(proof.Steps.Count + 1);
    }

    /// <inheritdoc/>
    protected override Verdict Judge(Problem problem, string text)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return Verify(problem.Statement, text);
    }
}
