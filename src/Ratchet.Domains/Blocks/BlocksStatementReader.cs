using Ratchet.Domains.Vocabulary;
using Ratchet.Problems;

namespace Ratchet.Domains.Blocks;

/// <summary>Reads the domain's own statement form: <c>a | c b : on a b table c clear a</c>.</summary>
internal static class BlocksStatementReader
{
    private const int MaxLength = 100_000;

    private static readonly string[] Reserved = ["|", ":", "on", "table", "clear", "plan", "(", ")"];

    /// <summary>Reads any form: the domain's own, PDDL or English.</summary>
    /// <exception cref="StatementException">The text is no statement.</exception>
    public static BlocksProblem Read(string statement)
    {
        if (statement.Length > MaxLength)
            throw new StatementException($"The statement has {statement.Length} characters; at most {MaxLength} are read.", 0);
        var start = statement.AsSpan().TrimStart();
        if (start.StartsWith("(") || start.StartsWith(";"))
            return BlocksPddl.ReadProblem(statement);
        return statement.Contains("initial conditions", StringComparison.OrdinalIgnoreCase) ? BlocksEnglish.ReadProblem(statement) : ReadOwn(statement);
    }

    private static BlocksProblem ReadOwn(string statement)
    {
        var words = Word.Split(statement, "|:");
        var draft = new BlocksDraft();
        var at = 0;
        var below = BlocksProblem.Table;
        for (; at < words.Count && words[at].Text != ":"; at++)
        {
            var word = words[at];
            if (word.Text == "|")
            {
                if (below == BlocksProblem.Table)
                    throw new StatementException("A stack is empty.", word.Start);
                below = BlocksProblem.Table;
                continue;
            }

            Declare(draft, word);
            draft.Place(draft.Count - 1, below, word.Start);
            below = draft.Count - 1;
        }

        if (at == words.Count)
            throw new StatementException("A ':' with the goal after it is expected.", statement.Length);
        if (draft.Count > 0 && below == BlocksProblem.Table)
            throw new StatementException("A stack is empty.", words[at].Start);
        var goal = words[at++];
        while (at < words.Count)
            at = ReadGoal(draft, words, at, statement.Length);
        return draft.Make(goal.Start);
    }

    private static void Declare(BlocksDraft draft, Word word)
    {
        if (Reserved.Contains(word.Text) || !char.IsAsciiLetter(word.Text[0]) || !word.Text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-'))
            throw new StatementException($"A block's name is expected, not '{word.Text}'.", word.Start);
        if (!draft.TryDeclare(word.Text, word.Start))
            throw new StatementException($"The block {word.Text} stands twice.", word.Start);
    }

    private static int ReadGoal(BlocksDraft draft, List<Word> words, int at, int end)
    {
        var word = words[at];
        var count = word.Text switch
        {
            "on" => 2,
            "table" or "clear" => 1,
            _ => throw new StatementException($"'on', 'table' or 'clear' is expected, not '{word.Text}'.", word.Start),
        };
        if (at + count >= words.Count)
            throw new StatementException($"'{word.Text}' needs {count} block{(count == 1 ? "" : "s")}.", end);
        var block = draft.Find(words[at + 1].Text, words[at + 1].Start);
        if (word.Text == "on")
            draft.Want(block, draft.Find(words[at + 2].Text, words[at + 2].Start), word.Start);
        else if (word.Text == "table")
            draft.Want(block, BlocksProblem.Table, word.Start);
        else
            draft.WantClear(block);
        return at + 1 + count;
    }
}
