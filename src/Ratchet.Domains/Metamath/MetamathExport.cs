namespace Ratchet.Domains.Metamath;

/// <summary>Writes found proofs as Metamath text.</summary>
public static class MetamathExport
{
    /// <summary>
    /// A file that includes a database and states each theorem once more behind it, under a new label, with the proof that was found. The metamath program verifies it as it stands.
    /// </summary>
    /// <param name="writer">Where to write; not closed.</param>
    /// <param name="database">Database that the proofs are of.</param>
    /// <param name="include">The database's file as the new file is to name it, without white space.</param>
    /// <param name="proofs">Label of a theorem of the database with a compressed proof of it.</param>
    /// <returns>Label of each theorem in the new file, by its label in the database.</returns>
    /// <exception cref="ArgumentException">A label is no theorem of the database, or the file's name cannot be included.</exception>
    /// <remarks>A proof is written with all <c>$d</c> statements that are active where the theorem stands, since it may use variables that the statement does not.</remarks>
    public static IReadOnlyDictionary<string, string> Write(TextWriter writer, MetamathDatabase database, string include, IEnumerable<(string Label, string Proof)> proofs)
    {
        ArgumentNullException.ThrowIfNull(writer);
        ArgumentNullException.ThrowIfNull(database);
        ArgumentException.ThrowIfNullOrEmpty(include);
        ArgumentNullException.ThrowIfNull(proofs);
        if (include.Any(c => c is <= ' ' or > '~' or '$'))
            throw new ArgumentException($"'{include}' cannot be the name of an included file.", nameof(include));
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        writer.Write($"$( Proofs found by search. $)\n$[ {include} $]\n");
        foreach (var (label, proof) in proofs)
        {
            var theorem = database.Theorem(label);
            var made = $"found.{label}";
            for (var i = 2; database.Find(made) is not null || labels.ContainsValue(made); i++)
                made = $"found{i}.{label}";
            labels[label] = made;
            writer.Write("\n${\n");
            var tables = database.Tables;
            for (var d = theorem.Disjoint; d >= 0; d = tables.Disjoints[d].Previous)
                writer.Write($"  $d {database.SymbolsText(tables.DisjointVariables.Span(tables.Disjoints[d].Start, tables.Disjoints[d].Length))} $.\n");
            var hypothesis = 0;
            foreach (var reference in theorem.Mandatory)
            {
                if (!theorem.IsFloating(reference))
                    writer.Write($"  {made}.{++hypothesis} $e {database.SymbolsText(theorem.SymbolsOf(reference))} $.\n");
            }

            writer.Write($"  {made} $p {theorem.Statement} $= {proof} $.\n$}}\n");
        }

        return labels;
    }
}
