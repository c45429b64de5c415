namespace Ratchet.Sampling.Constraints;

/// <summary>A language that sampled texts are held to, prepared for one vocabulary. Safe from many threads; sequences share it.</summary>
public interface ITokenConstraint
{
    /// <summary>Ids of the vocabulary that it was made for: every id is in <c>[0, VocabularySize)</c>.</summary>
    int VocabularySize { get; }

    /// <summary>The state before the first token.</summary>
    ITokenConstraintState Start { get; }
}

/// <summary>What may follow a text that has begun. Immutable, so that a sequence can be drafted ahead and taken back.</summary>
public interface ITokenConstraintState
{
    /// <summary>One bit an id, lowest bit first: ids that keep the text a beginning of some text of the language. End marks are not among them.</summary>
    ReadOnlySpan<ulong> Allowed { get; }

    /// <summary>Some id is allowed.</summary>
    bool MayContinue { get; }

    /// <summary>The text is a whole text of the language: the sequence may end.</summary>
    bool MayEnd { get; }

    /// <summary>The state after one more token.</summary>
    /// <param name="id">An allowed id.</param>
    /// <exception cref="ArgumentException">The id is not allowed.</exception>
    ITokenConstraintState After(int id);
}
