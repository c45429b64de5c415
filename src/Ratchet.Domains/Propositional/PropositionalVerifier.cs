using Ratchet.Domains.Propositional.Kernel;
using Ratchet.Domains.Propositional.Syntax;
using Ratchet.Domains.Propositional.Tactics;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Verdicts;

namespace Ratchet.Domains.Propositional;

/// <summary>
/// Judges a Coq tactic script against a propositional statement, in process: runs the tactics, then gives the finished
/// proof term to a small trusted kernel. What it accepts, Coq 8.16 accepts.
/// </summary>
/// <remarks>
/// The text is the sentences between <c>Proof.</c> and <c>Qed.</c>, both left out. Reasons: <see cref="VerdictReason.Proved"/>;
/// <see cref="VerdictReason.Syntax"/> and <see cref="VerdictReason.StepFailed"/> with the place in the text;
/// <see cref="VerdictReason.Incomplete"/> where the text ends with open goals; unknown with
/// <see cref="VerdictReason.ResourceLimit"/> for text beyond 100,000 characters, 1,000 sentences, 300 levels of nesting or the kernel's
/// step limit. Typical cost is some ten microseconds. Safe to call from many threads.
/// </remarks>
public sealed class PropositionalVerifier() : InProcessVerifier("propositional-kernel", "1")
{
    /// <summary>Most sentences of one script.</summary>
    private const int SentenceLimit = 1_000;

    /// <summary>Judges a script against a statement in the domain's syntax.</summary>
    /// <exception cref="StatementException">The statement is not a formula.</exception>
    public Verdict Verify(string statement, string script)
    {
        ArgumentNullException.ThrowIfNull(statement);
        ArgumentNullException.ThrowIfNull(script);
        return Verify(FormulaParser.ReadStatement(statement), script);
    }

    internal Verdict Verify(Formula statement, string script)
    {
        if (TooLong("script", script, SyntaxLimits.ProofLength) is { } tooLong)
            return tooLong;
        var state = new ProofState(statement);
        var sentences = 0;
        Sentence? sentence = null;
        try
        {
            var parser = new SentenceParser(script, name => state.Atoms.Contains(name) ? Formula.Atom(name) : null);
            while ((sentence = parser.Next()) is not null)
            {
                if (++sentences > SentenceLimit)
                    return Unknown(VerdictReason.ResourceLimit, new Feedback(sentence.Start, sentence.End, $"More than {SentenceLimit} sentences."), Cost(state, sentences));
                TacticRunner.Run(state, sentence);
            }

            return Finish(state, script, sentences);
        }
        catch (TextException e) when (e.IsLimit)
        {
            return Unknown(VerdictReason.ResourceLimit, new Feedback(e.Start, e.End, e.Message), Cost(state, sentences));
        }
        catch (TextException e)
        {
            return Rejected(VerdictReason.Syntax, e.Start, e.End, e.Message, Cost(state, sentences));
        }
        catch (TacticException e)
        {
            return Rejected(
                VerdictReason.StepFailed, e.Start < 0 ? sentence!.Start : e.Start, e.Start < 0 ? sentence!.End : e.End, e.Message, Cost(state, sentences));
        }
        catch (KernelLimitException e)
        {
            return Unknown(VerdictReason.ResourceLimit, new Feedback(sentence?.Start ?? -1, sentence?.End ?? -1, e.Message), Cost(state, sentences));
        }
    }

    /// <inheritdoc/>
    protected override Verdict Judge(Problem problem, string text)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return Verify(problem.Statement, text);
    }

    private Verdict Finish(ProofState state, string script, int sentences)
    {
        if (state.OpenGoals > 0)
        {
            var goal = state.Focused.Count > 0 ? $": {state.Focused[0].Target}" : "";
            return Rejected(
                VerdictReason.Incomplete,
                script.Length,
                script.Length,
                $"Attempt to save an incomplete proof: {state.OpenGoals} goal{(state.OpenGoals == 1 ? " is" : "s are")} open{goal}",
                Cost(state, sentences));
        }

        if (state.HasOpenBrace)
            return Rejected(VerdictReason.Incomplete, script.Length, script.Length, "This proof is focused: a \"}\" is missing.", Cost(state, sentences));
        if (!state.KernelAccepts())
            return Rejected(VerdictReason.StepFailed, 0, script.Length, "The kernel refuses the proof term.", Cost(state, sentences));
        return Accepted(Cost(state, sentences));
    }

    private static long Cost(ProofState state, int sentences) => sentences + state.Checker.Steps;
}
