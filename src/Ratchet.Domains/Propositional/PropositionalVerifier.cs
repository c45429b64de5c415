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
public sealed class PropositionalVerifier : IVerifier
{
    /// <summary>Most sentences of one script.</summary>
    private const int SentenceLimit = 1_000;

    /// <inheritdoc/>
    public string Name => "propositional-kernel";

    /// <inheritdoc/>
    public string Version => "1";

    /// <inheritdoc/>
    public ValueTask<Verdict> VerifyAsync(Problem problem, string text, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return ValueTask.FromResult(Verify(problem.Statement, text));
    }

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
        if (script.Length > SyntaxLimits.ProofLength)
            return Unknown(SyntaxLimits.ProofLength, script.Length, $"The text has {script.Length} characters; at most {SyntaxLimits.ProofLength} are read.", 0);

        var state = new ProofState(statement);
        var sentences = 0;
        Sentence? sentence = null;
        try
        {
            var parser = new SentenceParser(script, name => state.Atoms.Contains(name) ? Formula.Atom(name) : null);
            while ((sentence = parser.Next()) is not null)
            {
                if (++sentences > SentenceLimit)
                    return Unknown(sentence.Start, sentence.End, $"More than {SentenceLimit} sentences.", Cost(state, sentences));
                TacticRunner.Run(state, sentence);
            }

            return Finish(state, script, sentences);
        }
        catch (TextException e) when (e.IsLimit)
        {
            return Unknown(e.Start, e.End, e.Message, Cost(state, sentences));
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
            return Unknown(sentence?.Start ?? -1, sentence?.End ?? -1, e.Message, Cost(state, sentences));
        }
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
        return new Verdict.Accepted
        {
            Reason = VerdictReason.Proved,
            Verifier = Name,
            VerifierVersion = Version,
            Steps = Cost(state, sentences),
        };
    }

    private static long Cost(ProofState state, int sentences) => sentences + state.Checker.Steps;

    private Verdict.Rejected Rejected(VerdictReason reason, int start, int end, string message, long steps) => new()
    {
        Reason = reason,
        Verifier = Name,
        VerifierVersion = Version,
        Steps = steps,
        Feedback = [new Feedback(start, end, message)],
    };

    private Verdict.Unknown Unknown(int start, int end, string message, long steps) => new()
    {
        Reason = VerdictReason.ResourceLimit,
        Verifier = Name,
        VerifierVersion = Version,
        Steps = steps,
        Feedback = [new Feedback(start, end, message)],
    };
}
