using Ratchet.Loop;
using Ratchet.Tokenization;

namespace Ratchet.Problems;

/// <summary>A world of problems that runs in process: syntax, generator, verifier, tokenizer.</summary>
public interface IDomain
{
    /// <summary>Short lower-case name used in recipes, for example <c>propositional</c>.</summary>
    string Name { get; }

    /// <summary>One sentence for <c>ratchet list</c>.</summary>
    string Description { get; }

    /// <summary>The domain's own tokenizer: a closed vocabulary, one symbol a token.</summary>
    ITokenizer Tokenizer { get; }

    /// <summary>The in-process verifier, safe to call from many threads.</summary>
    IVerifier Verifier { get; }

    /// <summary>Reads a statement that a user wrote and gives its normal text and canonical hash.</summary>
    /// <exception cref="StatementException">The text is not a statement of this domain.</exception>
    Problem Parse(string id, string statement, Split split);

    /// <summary>
    /// A user's solution in the form that goes with <see cref="Parse"/>'s normal text of the same statement: where a domain
    /// renames things, the solution is renamed alike. The solution need not be right.
    /// </summary>
    string NormalizeSolution(string statement, string solution) => solution;

    /// <summary>The text that a proposer is shown for a problem; the attempt's text continues it.</summary>
    string Prompt(Problem problem);

    /// <summary>
    /// Draws a problem set: seed problems with reference solutions, train and held-out problems, no two with the same
    /// canonical hash across splits.
    /// </summary>
    ProblemSet Generate(ProblemCounts counts, RandomStream stream);

    /// <summary>
    /// The same problem and solution with its names permuted, for data augmentation; the pair stays correct.
    /// Returns the pair unchanged where a domain has no such symmetry.
    /// </summary>
    (string Statement, string Solution) Rename(string statement, string solution, RandomStream stream);
}

/// <summary>How many problems of each split a generator is asked for.</summary>
/// <param name="Seed">Problems with reference solutions for the start model.</param>
/// <param name="Train">Problems that the loop works on.</param>
/// <param name="Heldout">Problems for evaluation only.</param>
public sealed record ProblemCounts(int Seed, int Train, int Heldout);

/// <summary>A text that is not a statement of its domain.</summary>
public sealed class StatementException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What is wrong, without the position.</param>
    /// <param name="position">Zero-based character offset in the statement.</param>
    public StatementException(string message, int position)
        : base(message) => Position = position;

    /// <summary>Zero-based character offset of the mistake in the statement.</summary>
    public int Position { get; }
}
