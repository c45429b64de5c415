using Ratchet.Domains.Vocabulary;

namespace Ratchet.Domains.Blocks;

/// <summary>Reads plans: <c>unstack b c</c> or <c>(unstack b c)</c>, with or without numbers before the actions and comments after <c>;</c>.</summary>
internal static class BlocksPlanReader
{
    /// <summary>Longest plan that is read, in characters.</summary>
    public const int MaxLength = 100_000;

    /// <summary>The actions, or the first mistake.</summary>
    public static (List<BlocksAction> Plan, string? Mistake, int Position) Read(string text)
    {
        var words = Word.Split(text, "()");
        var plan = new List<BlocksAction>();
        for (var at = 0; at < words.Count;)
        {
            at = SkipNumber(words, at);
            if (at == words.Count)
                break;
            var start = words[at].Start;
            var isOpen = words[at].Text == "(";
            if (isOpen)
                at++;
            var verb = at < words.Count ? Verb(words[at].Text) : null;
            if (verb is null)
                return (plan, $"An action ({string.Join(", ", BlocksAction.Words)}) is expected{(at < words.Count ? $", not '{words[at].Text}'" : "")}.", at < words.Count ? words[at].Start : text.Length);
            var arity = BlocksAction.Arity(verb.Value);
            var names = words.Skip(at + 1).TakeWhile(w => w.Text is not ("(" or ")") && Verb(w.Text) is null).Take(arity).ToArray();
            if (names.Length < arity)
                return (plan, $"'{words[at].Text}' needs {arity} block{(arity == 1 ? "" : "s")}.", at + 1 + names.Length < words.Count ? words[at + 1 + names.Length].Start : text.Length);
            at += 1 + arity;
            var end = names[^1].End;
            if (isOpen)
            {
                if (at == words.Count || words[at].Text != ")")
                    return (plan, "A ')' is expected.", at < words.Count ? words[at].Start : text.Length);
                end = words[at++].End;
            }

            plan.Add(new BlocksAction(verb.Value, names[0].Text, arity == 2 ? names[1].Text : null, start, end));
        }

        return (plan, null, -1);
    }

    private static BlocksVerb? Verb(string word)
    {
        for (var i = 0; i < BlocksAction.Words.Count; i++)
        {
            if (BlocksAction.Words[i] == word)
                return (BlocksVerb)i;
        }

        return null;
    }

    /// <summary>Skips <c>1.</c>, <c>1:</c>, <c>1)</c> and <c>0.000:</c>.</summary>
    private static int SkipNumber(List<Word> words, int at)
    {
        var word = words[at].Text;
        if (!char.IsAsciiDigit(word[0]) || !word.All(c => char.IsAsciiDigit(c) || c is '.' or ':'))
            return at;
        return at + 1 < words.Count && words[at + 1].Text == ")" ? at + 2 : at + 1;
    }
}
