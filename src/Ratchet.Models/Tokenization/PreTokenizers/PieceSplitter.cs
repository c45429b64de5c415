using System.Text.Json;
using Ratchet.Models.Tokenization.Scripts;

namespace Ratchet.Models.Tokenization.PreTokenizers;

/// <summary>Divides pieces further: one step of the <c>pre_tokenizer</c> of a <c>tokenizer.json</c>.</summary>
internal delegate void PieceSplitter(Piece piece, List<Piece> pieces);

/// <summary>Reads pre-tokenizers.</summary>
internal static class PieceSplitters
{
    /// <summary>Reads the steps of a pre-tokenizer.</summary>
    /// <returns>Steps in order, and whether the pieces end as bytes (a ByteLevel step).</returns>
    /// <exception cref="FormatException">A kind is not supported, or a setting is missing.</exception>
    public static (IReadOnlyList<PieceSplitter> Steps, bool Bytes) Read(JsonElement? element)
    {
        var steps = new List<PieceSplitter>();
        var bytes = false;
        if (element is { } json)
            Add(json, steps, ref bytes);
        return (steps, bytes);
    }

    private static void Add(JsonElement json, List<PieceSplitter> steps, ref bool bytes)
    {
        var kind = json.Kind();
        if (kind == "Sequence")
        {
            foreach (var step in json.Items("pretokenizers"))
                Add(step, steps, ref bytes);
            return;
        }

        if (bytes)
            throw new FormatException($"its pre-tokenizer goes on with '{kind}' after ByteLevel");
        switch (kind)
        {
            case "ByteLevel":
                bytes = true;
                if (json.Flag("add_prefix_space", true))
                    steps.Add((piece, pieces) => pieces.Add(piece.Span is [' ', ..] ? piece : Whole(" " + piece.Span.ToString(), piece.First)));
                if (json.Flag("use_regex", true))
                    steps.Add(Scan(PatternScanner.Gpt2));
                break;
            case "Split":
                steps.Add(Split(json));
                break;
            case "Metaspace":
                steps.Add(Metaspace(json));
                break;
            case "Whitespace":
                // Words, and runs of neither words nor white space.
                steps.Add((piece, pieces) => Runs(piece, pieces, found => (found & CharacterClass.Word) != 0 ? 1 : (found & CharacterClass.Space) != 0 ? 0 : 2));
                break;
            case "WhitespaceSplit":
                steps.Add((piece, pieces) => Runs(piece, pieces, found => (found & CharacterClass.Space) != 0 ? 0 : 1));
                break;
            case "BertPreTokenizer":
                steps.Add((piece, pieces) => Runs(piece, pieces, found => (found & CharacterClass.Space) != 0 ? 0 : 1));
                steps.Add((piece, pieces) => SplitBehavior.Isolated.Apply(piece, Singles(piece, IsPunctuation), false, pieces));
                break;
            case "Punctuation":
                var behavior = SplitBehaviors.Parse(json.OptionalText("behavior") ?? nameof(SplitBehavior.Isolated));
                steps.Add((piece, pieces) => behavior.Apply(piece, Singles(piece, IsPunctuation), false, pieces));
                break;
            case "Digits":
                var digits = json.Flag("individual_digits", false) ? SplitBehavior.Isolated : SplitBehavior.Contiguous;
                steps.Add((piece, pieces) => digits.Apply(piece, Singles(piece, (_, found) => (found & CharacterClass.Number) != 0), false, pieces));
                break;
            case "CharDelimiterSplit":
                var delimiter = json.Text("delimiter");
                steps.Add((piece, pieces) => SplitBehavior.Removed.Apply(piece, Occurrences(piece, delimiter), false, pieces));
                break;
            default:
                throw new FormatException($"its pre-tokenizer is '{kind}'");
        }
    }

    private static PieceSplitter Scan(PatternScanner scanner) => (piece, pieces) =>
    {
        var text = piece.Text.AsSpan(0, piece.End);
        for (var start = piece.Start; start < piece.End;)
        {
            // The scanner never looks back, so that it may read in place; it must not see past the piece.
            var end = scanner.Next(text, start);
            pieces.Add(piece.Slice(start, end));
            start = end;
        }
    };

    private static PieceSplitter Split(JsonElement json)
    {
        var behavior = SplitBehaviors.Parse(json.Text("behavior"));
        var invert = json.Flag("invert", false);
        var pattern = json.Required("pattern");
        if (pattern.OptionalText("String") is { Length: > 0 } plain)
            return (piece, pieces) => behavior.Apply(piece, Occurrences(piece, plain), invert, pieces);
        var expression = pattern.Text("Regex");

        // The known expressions leave nothing between matches, so both of these ways keep each match as a piece.
        if (PatternScanner.For(expression) is { } scanner && ((behavior == SplitBehavior.Isolated && !invert) || (behavior == SplitBehavior.Removed && invert)))
            return Scan(scanner);
        var regex = new CodePointRegex(expression);
        return (piece, pieces) => behavior.Apply(piece, regex.Matches(piece.Text, piece.Start, piece.End), invert, pieces);
    }

    private static PieceSplitter Metaspace(JsonElement json)
    {
        var mark = json.OptionalText("replacement") ?? "\u2581";
        if (mark.Length != 1)
            throw new FormatException($"the replacement '{mark}' of Metaspace is not one character");
        var scheme = json.OptionalText("prepend_scheme") ?? (json.Flag("add_prefix_space", true) ? "always" : "never");
        if (scheme is not ("always" or "first" or "never"))
            throw new FormatException($"the prepend_scheme '{scheme}' of Metaspace is unknown");
        var split = json.Flag("split", true);
        return (piece, pieces) =>
        {
            var text = piece.Span.ToString().Replace(' ', mark[0]);
            if (text[0] != mark[0] && (scheme == "always" || (scheme == "first" && piece.First)))
                text = mark + text;
            var whole = Whole(text, piece.First);
            if (split)
                SplitBehavior.MergedWithNext.Apply(whole, Occurrences(whole, mark), false, pieces);
            else
                pieces.Add(whole);
        };
    }

    private static Piece Whole(string text, bool first) => new(text, 0, text.Length, first);

    private static bool IsPunctuation(char unit, CharacterClass found) =>
        (found & CharacterClass.Punctuation) != 0 || (char.IsAscii(unit) && !char.IsAsciiLetterOrDigit(unit) && unit is > ' ' and < '\u007f');

    private static List<(int Start, int End)> Singles(Piece piece, Func<char, CharacterClass, bool> wanted)
    {
        var matches = new List<(int, int)>();
        for (var at = piece.Start; at < piece.End;)
        {
            var found = CharacterClasses.At(piece.Text.AsSpan(0, piece.End), at, out var length);
            if (wanted(piece.Text[at], found))
                matches.Add((at, at + length));
            at += length;
        }

        return matches;
    }

    private static IEnumerable<(int Start, int End)> Occurrences(Piece piece, string wanted)
    {
        for (var at = piece.Start; at <= piece.End - wanted.Length;)
        {
            var found = piece.Text.IndexOf(wanted, at, piece.End - at, StringComparison.Ordinal);
            if (found < 0)
                yield break;
            yield return (found, found + wanted.Length);
            at = found + wanted.Length;
        }
    }

    /// <summary>Adds each run of code points of one kind as a piece; kind 0 is dropped.</summary>
    private static void Runs(Piece piece, List<Piece> pieces, Func<CharacterClass, int> kindOf)
    {
        int start = piece.Start, kind = 0;
        for (var at = piece.Start; at < piece.End;)
        {
            var own = kindOf(CharacterClasses.At(piece.Text.AsSpan(0, piece.End), at, out var length));
            if (own != kind)
            {
                if (kind != 0)
                    pieces.Add(piece.Slice(start, at));
                (start, kind) = (at, own);
            }

            at += length;
        }

        if (kind != 0)
            pieces.Add(piece.Slice(start, piece.End));
    }
}
