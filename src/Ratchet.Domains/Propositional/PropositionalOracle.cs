using Ratchet.Domains.Propositional.Oracle;
using Ratchet.Domains.Propositional.Syntax;
using Ratchet.Problems;

namespace Ratchet.Domains.Propositional;

/// <summary>Says whether a statement is provable in intuitionistic logic, by a complete procedure that is independent of the verifier.</summary>
public static class PropositionalOracle
{
    /// <summary>Decides a statement with the calculus G4ip (Dyckhoff 1992).</summary>
    /// <param name="statement">Statement in the domain's syntax.</param>
    /// <param name="stepLimit">Most sequents looked at.</param>
    /// <exception cref="StatementException">The text is not a statement.</exception>
    public static OracleAnswer Decide(string statement, long stepLimit = 1_000_000)
    {
        ArgumentNullException.ThrowIfNull(statement);
        var (provable, proof) = DecisionProcedure.Decide(FormulaParser.ReadStatement(statement), stepLimit);
        return new OracleAnswer(provable, proof?.Write());
    }
}

/// <summary>What the oracle found.</summary>
/// <param name="Provable">True or false; null where the step limit came first.</param>
/// <param name="Script">A tactic script where the statement is provable. It may use more hypotheses than the vocabulary names.</param>
public sealed record OracleAnswer(bool? Provable, string? Script);
