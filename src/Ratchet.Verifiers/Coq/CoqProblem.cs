using Ratchet.Problems;

namespace Ratchet.Verifiers.Coq;

/// <summary>Makes problems of Coq sources.</summary>
public static class CoqProblem
{
    /// <summary>Name of the domain of all problems that are stated in Coq.</summary>
    public const string Domain = "coq";

    /// <summary>A problem from a source that ends in the theorem to prove.</summary>
    /// <param name="id">Identifier.</param>
    /// <param name="source">
    /// Imports, definitions, then the theorem's sentence; what follows it (<c>Proof.</c>, <c>Admitted.</c>, ends of sections) is dropped.
    /// </param>
    /// <param name="split">Part of the data.</param>
    /// <param name="provenance">Where it came from. Only <see cref="Provenance.Given"/> sources may assume things or use other commands than imports and definitions.</param>
    /// <exception cref="StatementException">The source cannot be split into sentences or its last one is no theorem with a name.</exception>
    public static Problem Create(string id, string source, Split split, Provenance provenance = Provenance.Given)
    {
        var statement = CoqStatement.Parse(source, provenance == Provenance.Given);
        return new Problem
        {
            Id = id,
            Domain = Domain,
            Statement = source[..statement.Theorem.End],
            CanonicalHash = statement.CanonicalHash(),
            Split = split,
            Provenance = provenance,
        };
    }
}
