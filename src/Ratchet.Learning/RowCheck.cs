using Ratchet.Examples;
using Ratchet.Learning.Objectives;
using Ratchet.Models;
using Ratchet.Runs;

namespace Ratchet.Learning;

/// <summary>What a row must be so that a model can be trained on it.</summary>
internal static class RowCheck
{
    /// <summary>Throws when a row cannot be trained on.</summary>
    /// <exception cref="RatchetException">The first thing that is wrong, with the row's identifier.</exception>
    public static void Row(Example row, DecoderConfig config)
    {
        Ids(row.Ids, config, row.Id);
        if (row.TargetStart < 1 || row.TargetStart >= row.Ids.Count)
            throw new RatchetException($"Row '{row.Id}' has its first target at {row.TargetStart}, but has {row.Ids.Count} ids; it must lie in [1, {row.Ids.Count - 1}].", "Give the row a context of at least one id and at least one target.");
        var from = row.TargetStart;
        foreach (var span in row.Masked)
        {
            if (span.Start < from || span.End <= span.Start || span.End > row.Ids.Count)
                throw new RatchetException($"Row '{row.Id}' masks the ids [{span.Start}, {span.End}), which do not lie in order within its targets [{row.TargetStart}, {row.Ids.Count}).", "Correct the masked spans.");
            from = span.End;
        }

        if (row.Targets < 1)
            throw new RatchetException($"Row '{row.Id}' has no target that is not masked.", "Leave the row out.");
        if (!(row.Weight >= 0 && float.IsFinite(row.Weight)))
            throw new RatchetException($"Row '{row.Id}' has the weight {row.Weight}; a weight is finite and at least 0.", "Correct the weight, or leave the row out.");
    }

    /// <summary>Throws when a model has not what an objective asks for.</summary>
    public static void Quantities(TokenQuantities quantities, double temperature, IReadOnlyList<float[]>? references, IReadOnlyList<Example> rows, DecoderConfig config)
    {
        ArgumentNullException.ThrowIfNull(rows);
        if (rows.Count == 0)
            throw new RatchetException("There are no rows to go through the model.", "Give at least one.");
        foreach (var row in rows)
            Row(row, config);
        if (quantities == TokenQuantities.None)
            throw new RatchetException("The objective asks for no numbers.", "Let it ask for what its loss is made from.");
        if ((quantities & ~TokenQuantities.Value) != 0)
            config.ThrowIfScalarHead();
        if (quantities.HasFlag(TokenQuantities.Value) && !config.ScalarHead)
            throw new RatchetException("The objective asks for values, and the model has no scalar head.", "Use a model with one (DecoderWeights.WithScalarHead).");
        if (!(temperature > 0 && double.IsFinite(1 / temperature)))
            throw new RatchetException($"The temperature of an objective must be above 0, not {temperature}.", "Use the temperature that was sampled with; the greedy policy has no gradient.");
        if (!quantities.HasFlag(TokenQuantities.Divergence))
            return;
        if (references is null || references.Count != rows.Count)
            throw new RatchetException($"The objective asks for divergences of {rows.Count} rows and gives {references?.Count ?? 0} reference distributions.", "Compute them with Distributions of the reference, for the same rows.");
        for (var r = 0; r < rows.Count; r++)
        {
            var expected = (rows[r].Ids.Count - rows[r].TargetStart) * (long)config.VocabularySize;
            if (references[r].LongLength != expected)
                throw new RatchetException($"The reference distributions of row '{rows[r].Id}' are {references[r].LongLength} numbers; {expected} are needed.", "Compute them with Distributions of the reference, for the same rows.");
        }
    }

    /// <summary>Throws when a sequence cannot be put through a model.</summary>
    public static void Ids(IReadOnlyList<int> ids, DecoderConfig config, string what)
    {
        if (ids.Count == 0)
            throw new RatchetException($"'{what}' has no ids.", "Leave empty sequences out.");
        if (ids.Count > config.MaxPositions)
            throw new RatchetException($"'{what}' has {ids.Count} ids; the model takes at most {config.MaxPositions}.", "Shorten or leave out long rows, or train a model with more positions.");
        for (var i = 0; i < ids.Count; i++)
        {
            if ((uint)ids[i] >= (uint)config.VocabularySize)
                throw new RatchetException($"'{what}' has the id {ids[i]} at place {i}; the model's vocabulary ends at {config.VocabularySize - 1}.", "Use the tokenizer that belongs to the model.");
        }
    }
}
