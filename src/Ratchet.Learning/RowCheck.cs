using Ratchet.Examples;
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
