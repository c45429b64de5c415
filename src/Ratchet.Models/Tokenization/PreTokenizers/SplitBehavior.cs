namespace Ratchet.Models.Tokenization.PreTokenizers;

/// <summary>What becomes of the parts of a text that a pre-tokenizer's pattern matches.</summary>
internal enum SplitBehavior
{
    /// <summary>They are dropped.</summary>
    Removed,

    /// <summary>Each is a piece.</summary>
    Isolated,

    /// <summary>Each belongs to the piece before it.</summary>
    MergedWithPrevious,

    /// <summary>Each belongs to the piece after it.</summary>
    MergedWithNext,

    /// <summary>Neighbouring ones are one piece.</summary>
    Contiguous,
}

/// <summary>Divides pieces by matches.</summary>
internal static class SplitBehaviors
{
    public static SplitBehavior Parse(string name) =>
        Enum.TryParse<SplitBehavior>(name, out var behavior) && !char.IsAsciiDigit(name[0]) ? behavior : throw new FormatException($"the split behavior '{name}' is unknown");

    /// <summary>Adds the pieces of a piece.</summary>
    /// <param name="behavior">What becomes of matches.</param>
    /// <param name="piece">Piece to divide.</param>
    /// <param name="matches">Matches in order, not empty, without overlap.</param>
    /// <param name="invert">What lies between matches counts as matched, and the matches do not.</param>
    /// <param name="pieces">List to add to.</param>
    public static void Apply(this SplitBehavior behavior, Piece piece, IEnumerable<(int Start, int End)> matches, bool invert, List<Piece> pieces)
    {
        var parts = new List<(int Start, int End, bool Match)>();
        var done = piece.Start;
        foreach (var (start, end) in matches)
        {
            if (start > done)
                parts.Add((done, start, invert));
            parts.Add((start, end, !invert));
            done = end;
        }

        if (done < piece.End)
            parts.Add((done, piece.End, invert));
        if (behavior == SplitBehavior.MergedWithNext)
            parts.Reverse();
        var first = pieces.Count;
        var previous = false;
        foreach (var (start, end, match) in parts)
        {
            var joins = pieces.Count > first && behavior switch
            {
                SplitBehavior.MergedWithPrevious or SplitBehavior.MergedWithNext => match && !previous,
                SplitBehavior.Contiguous => match == previous,
                _ => false,
            };
            previous = match;
            if (joins)
                pieces[^1] = piece.Slice(Math.Min(pieces[^1].Start, start), Math.Max(pieces[^1].End, end));
            else if (!match || behavior != SplitBehavior.Removed)
                pieces.Add(piece.Slice(start, end));
        }

        if (behavior == SplitBehavior.MergedWithNext)
            pieces.Reverse(first, pieces.Count - first);
    }
}
