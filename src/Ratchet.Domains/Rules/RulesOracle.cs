using Ratchet.Problems;

namespace Ratchet.Domains.Rules;

/// <summary>Decides statements exactly.</summary>
public static class RulesOracle
{
    /// <summary>The answer to a statement's question.</summary>
    /// <param name="statement">Statement in any form that the domain reads.</param>
    /// <exception cref="StatementException">The text is no statement.</exception>
    public static RulesAnswer Answer(string statement)
    {
        ArgumentNullException.ThrowIfNull(statement);
        return new RuleSolution(RulesStatementReader.Read(statement)).Answer;
    }

    /// <summary>The answer with its proof, in the form that <see cref="RulesVerifier"/> accepts.</summary>
    /// <param name="statement">Statement in any form that the domain reads.</param>
    /// <exception cref="StatementException">The text is no statement.</exception>
    public static string Proof(string statement)
    {
        ArgumentNullException.ThrowIfNull(statement);
        var theory = RulesStatementReader.Read(statement);
        return RulesProofWriter.Write(theory, new RuleSolution(theory)).Proof;
    }
}
