using Ratchet.Problems;

namespace Ratchet.Domains.Arithmetic;

/// <summary>Reads a word problem sentence by sentence.</summary>
internal static class ArithmeticStoryReader
{
    /// <summary>Most characters of a statement.</summary>
    public const int MaxLength = 10_000;

    private const int MaxSteps = 8;

    /// <summary>Reads a statement.</summary>
    /// <exception cref="StatementException">A sentence is none that the domain knows, or the numbers do not work out.</exception>
    public static ArithmeticStory Read(string statement)
    {
        if (statement.Length > MaxLength)
            throw new StatementException($"A word problem has at most {MaxLength} characters.", MaxLength);
        var sentences = Sentences(statement);
        if (sentences.Count < 2)
            throw new StatementException("A word problem has a sentence that begins it and a question.", statement.Length);
        var (name, thing) = ("", "");
        var events = new List<ArithmeticEvent>();
        for (var i = 0; i < sentences.Count; i++)
        {
            var words = sentences[i];
            var isLast = i == sentences.Count - 1;
            var told = ArithmeticSentence.All.Where(s => Fits(s.Kind, i == 0, isLast)).Select(s => Match(s, words, ref name, ref thing)).FirstOrDefault(e => e is not null)
                ?? throw new StatementException($"The sentence '{string.Join(' ', words.Select(w => w.Text))}' is none that the domain knows {(i == 0 ? "at the beginning" : isLast ? "as the question" : "in the middle")} of a problem.", words[0].Start);
            if (events.Count > 0 && events[^1].Sentence.Kind == ArithmeticEventKind.Price && told.Sentence.Kind != ArithmeticEventKind.PriceQuestion)
                throw new StatementException("After a price comes the question for the price.", words[0].Start);
            if (told.Sentence.Kind == ArithmeticEventKind.PriceQuestion && events[^1].Sentence.Kind != ArithmeticEventKind.Price)
                throw new StatementException("The question for the price comes after a price.", words[0].Start);
            if (!isLast)
                events.Add(told);
        }

        var story = new ArithmeticStory(name, thing, events);
        if (story.Steps.Count is < 1 or > MaxSteps)
            throw new StatementException($"The problem takes {story.Steps.Count} steps; 1 to {MaxSteps} are possible.", 0);
        if (ArithmeticStep.Results(story.Steps) is not { } results)
            throw new StatementException("A division of the problem leaves a rest.", 0);
        return Array.TrueForAll(results, r => r is >= 0 and <= ArithmeticWords.Largest) ? story
            : throw new StatementException($"A result of the problem is {results.First(r => r is < 0 or > ArithmeticWords.Largest)}; results lie within 0 to {ArithmeticWords.Largest}.", 0);
    }

    private static bool Fits(ArithmeticEventKind kind, bool isFirst, bool isLast) => kind switch
    {
        ArithmeticEventKind.Start or ArithmeticEventKind.StartGroups => isFirst,
        ArithmeticEventKind.Question or ArithmeticEventKind.PriceQuestion => isLast,
        _ => !isFirst && !isLast,
    };

    private static ArithmeticEvent? Match(ArithmeticSentence sentence, List<(string Text, int Start)> words, ref string name, ref string thing)
    {
        if (words.Count != sentence.Words.Length)
            return null;
        var told = new ArithmeticEvent(sentence, 0);
        var (who, what) = (name, thing);
        for (var i = 0; i < words.Count; i++)
        {
            var word = words[i].Text;
            switch (sentence.Words[i])
            {
                case "{N}" when ArithmeticWords.IsName(word) && (who.Length == 0 || who == word):
                    who = word;
                    break;
                case "{O}" when ArithmeticWords.IsName(word) && who != word:
                    told = told with { Other = word };
                    break;
                case "{T}" when ArithmeticWords.IsThing(word) && (what.Length == 0 || what == word):
                    what = word;
                    break;
                case "{U}" when ArithmeticWords.IsThing(word):
                    told = told with { OtherThing = word };
                    break;
                case "{a}" when ArithmeticWords.Number(word) is >= 0 and var a:
                    told = told with { A = a };
                    break;
                case "{b}" when ArithmeticWords.Number(word) is >= 0 and var b:
                    told = told with { B = b };
                    break;
                case var expected when expected[0] != '{' && expected == word:
                    break;
                default:
                    return null;
            }
        }

        (name, thing) = (who, what);
        return told;
    }

    /// <summary>Sentences as words; a full stop or question mark ends one and is a word of its own.</summary>
    private static List<List<(string Text, int Start)>> Sentences(string text)
    {
        var sentences = new List<List<(string, int)>>();
        var current = new List<(string, int)>();
        for (var i = 0; i < text.Length;)
        {
            if (char.IsWhiteSpace(text[i]))
            {
                i++;
                continue;
            }

            var start = i++;
            var isEnd = text[start] is '.' or '?';
            while (!isEnd && i < text.Length && !char.IsWhiteSpace(text[i]) && text[i] is not ('.' or '?'))
                i++;
            current.Add((text[start..i], start));
            if (isEnd)
            {
                sentences.Add(current);
                current = [];
            }
        }

        if (current.Count > 0)
            throw new StatementException("The last sentence has no end: the question ends with '?'.", text.Length);
        return sentences;
    }
}
