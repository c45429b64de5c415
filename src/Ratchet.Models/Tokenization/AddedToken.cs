namespace Ratchet.Models.Tokenization;

/// <summary>A token that stands beside a vocabulary and is looked for in text before anything else.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">The text that it is.</param>
/// <param name="Special">It is a mark (a turn, an end), not content: decoding leaves it out.</param>
/// <param name="SingleWord">It counts only where no word goes on before or after it.</param>
/// <param name="TrimLeft">White space before it belongs to it.</param>
/// <param name="TrimRight">White space after it belongs to it.</param>
/// <param name="Normalized">It is looked for after the text has been normalised, not before.</param>
public sealed record AddedToken(int Id, string Content, bool Special, bool SingleWord = false, bool TrimLeft = false, bool TrimRight = false, bool Normalized = false);
