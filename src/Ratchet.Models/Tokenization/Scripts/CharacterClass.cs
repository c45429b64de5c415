using System.Globalization;
using System.Text;

namespace Ratchet.Models.Tokenization.Scripts;

/// <summary>What the expressions of published tokenizers ask about a code point.</summary>
[Flags]
internal enum CharacterClass : byte
{
    /// <summary>None of the others.</summary>
    None = 0,

    /// <summary><c>\p{L}</c>.</summary>
    Letter = 1,

    /// <summary><c>\p{N}</c>.</summary>
    Number = 2,

    /// <summary>The property White_Space.</summary>
    Space = 4,

    /// <summary><c>\p{M}</c>.</summary>
    Mark = 8,

    /// <summary><c>\p{P}</c>.</summary>
    Punctuation = 16,

    /// <summary><c>\p{Lu}</c> or <c>\p{Lt}</c>.</summary>
    Upper = 32,

    /// <summary><c>\p{Ll}</c>.</summary>
    Lower = 64,

    /// <summary><c>\w</c> of the reference implementation's word pre-tokenizer: alphabetic, mark, decimal digit, connector, joiner.</summary>
    Word = 128,
}

/// <summary>Looks classes up, by a table for the first plane.</summary>
internal static class CharacterClasses
{
    private static readonly CharacterClass[] Table = MakeTable();

    /// <summary>The class of a UTF-16 unit that stands for itself.</summary>
    public static CharacterClass Of(char unit) => Table[unit];

    /// <summary>The class of the code point at a place, and how many UTF-16 units it has. Half a pair on its own counts as U+FFFD.</summary>
    public static CharacterClass At(ReadOnlySpan<char> text, int at, out int length)
    {
        var unit = text[at];
        length = 1;
        if (!char.IsSurrogate(unit))
            return Table[unit];
        if (!char.IsHighSurrogate(unit) || at + 1 == text.Length || !char.IsLowSurrogate(text[at + 1]))
            return CharacterClass.None;
        length = 2;
        return Classify(new Rune(unit, text[at + 1]));
    }

    public static CharacterClass Classify(Rune rune)
    {
        var result = Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.TitlecaseLetter => CharacterClass.Letter | CharacterClass.Upper | CharacterClass.Word,
            UnicodeCategory.LowercaseLetter => CharacterClass.Letter | CharacterClass.Lower | CharacterClass.Word,
            UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter => CharacterClass.Letter | CharacterClass.Word,
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark => CharacterClass.Mark | CharacterClass.Word,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber => CharacterClass.Number | CharacterClass.Word,
            UnicodeCategory.OtherNumber => CharacterClass.Number,
            UnicodeCategory.ConnectorPunctuation => CharacterClass.Punctuation | CharacterClass.Word,
            UnicodeCategory.DashPunctuation or UnicodeCategory.OpenPunctuation or UnicodeCategory.ClosePunctuation or UnicodeCategory.InitialQuotePunctuation
                or UnicodeCategory.FinalQuotePunctuation or UnicodeCategory.OtherPunctuation => CharacterClass.Punctuation,
            _ => CharacterClass.None,
        };
        if (Rune.IsWhiteSpace(rune))
            result |= CharacterClass.Space;

        // Circled and squared letters are alphabetic without being letters; the two joiners belong to words.
        if (rune.Value is (>= 0x24B6 and <= 0x24E9) or 0x200C or 0x200D or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189))
            result |= CharacterClass.Word;
        return result;
    }

    private static CharacterClass[] MakeTable()
    {
        var table = new CharacterClass[0x10000];
        for (var unit = 0; unit < table.Length; unit++)
        {
            if (!char.IsSurrogate((char)unit))
                table[unit] = Classify(new Rune(unit));
        }

        return table;
    }
}
