using Ratchet.Sampling.Endpoints;
using Ratchet.Systems.Verification;

namespace Ratchet.Systems;

/// <summary>The templates by which problems are put to models elsewhere, unless one is given.</summary>
public static class PromptTemplates
{
    private const string Answers =
        "Solve the problem. Reason step by step, and end with the answer alone in \\boxed{}.";

    /// <summary>The template for problems that a verifier judges: it says what a statement and a proof are, and wants the proof alone in a fenced block.</summary>
    public static PromptTemplate For(VerifierEntry verifier)
    {
        ArgumentNullException.ThrowIfNull(verifier);
        return verifier.Name == "answers"
            ? new PromptTemplate { Messages = [new("system", Answers), new("user", "{statement}")] }
            : new PromptTemplate
            {
                Messages =
                [
                    new("system", $"You solve problems that a program checks: {verifier.Description} A statement is {verifier.StatementForm}; a solution is {verifier.ProofForm}. You may think first. End with the solution alone, in one block between lines of ```."),
                    new("user", "{statement}"),
                ],
                Answer = AnswerPart.CodeBlock,
            };
    }
}
