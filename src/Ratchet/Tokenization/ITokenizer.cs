namespace Ratchet.Tokenization;

/// <summary>Turns text into token ids and back.</summary>
public interface ITokenizer
{
    /// <summary>Number of ids: every id is in <c>[0, VocabularySize)</c>.</summary>
    int VocabularySize { get; }

    /// <summary>Id that starts every sequence.</summary>
    int BeginId { get; }

    /// <summary>Id that ends an attempt.</summary>
    int EndId { get; }

    /// <summary>Id that fills unused places; never a target.</summary>
    int PadId { get; }

    /// <summary>The ids of a text, without begin and end marks.</summary>
    /// <exception cref="TokenizationException">The text holds a symbol that a closed vocabulary lacks.</exception>
    int[] Encode(string text);

    /// <summary>
    /// The ids of a prompt that a model is to continue: the begin mark and the text. A tokenizer with a chat template writes the text as a user's turn and
    /// begins the model's.
    /// </summary>
    /// <exception cref="TokenizationException">The text holds a symbol that a closed vocabulary lacks, or spells a mark of the model's turns.</exception>
    int[] EncodePrompt(string text) => [BeginId, .. Encode(text)];

    /// <summary>The text of some ids. Begin, end and pad marks give no text.</summary>
    string Decode(ReadOnlySpan<int> ids);

    /// <summary>What is written beside a checkpoint so that it can be read back: file name and contents.</summary>
    IReadOnlyDictionary<string, string> Save();
}

/// <summary>A text that a closed vocabulary cannot express.</summary>
public sealed class TokenizationException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What is wrong, without the position.</param>
    /// <param name="position">Zero-based character offset in the text.</param>
    public TokenizationException(string message, int position)
        : base(message) => Position = position;

    /// <summary>Zero-based character offset of the mistake.</summary>
    public int Position { get; }
}
