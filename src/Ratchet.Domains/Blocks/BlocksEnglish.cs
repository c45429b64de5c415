using System.Text;
using System.Text.RegularExpressions;
using Ratchet.Problems;

namespace Ratchet.Domains.Blocks;

/// <summary>Problems and plans in English, in the wording of PlanBench (Valmeekam et al. 2023), so that its prompts and answers can be written and read.</summary>
/// <remarks>Blocks are coloured: <c>a</c> is red, <c>b</c> blue, <c>c</c> orange, <c>d</c> yellow, and so on to <c>l</c>, gold.</remarks>
public static partial class BlocksEnglish
{
    /// <summary>Colours of the blocks <c>a</c> to <c>l</c>.</summary>
    public static IReadOnlyList<string> Colours { get; } =
        ["red", "blue", "orange", "yellow", "white", "magenta", "black", "cyan", "green", "violet", "silver", "gold"];

    /// <summary>What the hand can do, in our own words, for the head of a prompt.</summary>
    public const string Rules = """
        There are blocks on a table and one hand. A block is clear when no block is on it and the hand does not hold it.
        Each line of a plan is one of these actions:
        pick up the X block (X is on the table and clear, and the hand is empty)
        put down the X block (the hand holds X; X is on the table then)
        unstack the X block from on top of the Y block (X is on Y and clear, and the hand is empty)
        stack the X block on top of the Y block (the hand holds X and Y is clear; the hand is empty then)

        """;

    /// <summary>A statement as two sentences: the start and the goal.</summary>
    /// <param name="statement">Statement in any form that the domain reads, over blocks <c>a</c> to <c>l</c>.</param>
    /// <exception cref="StatementException">The text is no statement, or a block has no colour.</exception>
    public static string Statement(string statement)
    {
        ArgumentNullException.ThrowIfNull(statement);
        var problem = BlocksStatementReader.Read(statement);
        var names = problem.Names.Select(n => ColourOf(n) ?? throw new StatementException($"The block {n} has no colour; those from a to l do.", 0)).ToArray();
        var above = problem.Above();
        var blocks = Enumerable.Range(0, problem.Count).ToArray();
        string[] start =
        [
            .. blocks.Where(b => above[b] < 0).Select(b => Clear(names[b])),
            "the hand is empty",
            .. blocks.Where(b => problem.Below[b] >= 0).Select(b => On(names[b], names[problem.Below[b]])),
            .. blocks.Where(b => problem.Below[b] == BlocksProblem.Table).Select(b => OnTable(names[b])),
        ];
        string[] goal =
        [
            .. blocks.Where(b => problem.GoalClear[b]).Select(b => Clear(names[b])),
            .. blocks.Where(b => problem.GoalBelow[b] >= 0).Select(b => On(names[b], names[problem.GoalBelow[b]])),
            .. blocks.Where(b => problem.GoalBelow[b] == BlocksProblem.Table).Select(b => OnTable(names[b])),
        ];
        return $"As initial conditions I have that, {Join(start)}.\nMy goal is to have that {Join(goal)}.";
    }

    /// <summary>The statement with the marks of PlanBench's plan generation task; an answer goes on after the last line.</summary>
    /// <exception cref="StatementException">The text is no statement, or a block has no colour.</exception>
    public static string Query(string statement) => $"[STATEMENT]\n{Statement(statement)}\n\nMy plan is as follows:\n\n[PLAN]";

    /// <summary>A plan in English, one action a line.</summary>
    /// <param name="plan">Plan in the domain's form or as PDDL, over blocks <c>a</c> to <c>l</c>.</param>
    /// <exception cref="StatementException">The text is no plan, or a block has no colour.</exception>
    public static string Plan(string plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        var (actions, mistake, position) = BlocksPlanReader.Read(plan);
        if (mistake is not null)
            throw new StatementException(mistake, position);
        var text = new StringBuilder();
        foreach (var action in actions)
        {
            var x = ColourOf(action.First);
            var y = action.Second is null ? "" : ColourOf(action.Second);
            if (x is null || y is null)
                throw new StatementException($"The block {(x is null ? action.First : action.Second)} has no colour; those from a to l do.", action.Start);
            text.Append(action.Verb switch
            {
                BlocksVerb.PickUp => $"pick up the {x} block\n",
                BlocksVerb.PutDown => $"put down the {x} block\n",
                BlocksVerb.Stack => $"stack the {x} block on top of the {y} block\n",
                _ => $"unstack the {x} block from on top of the {y} block\n",
            });
        }

        return text.ToString();
    }

    /// <summary>
    /// The plan in an English answer, in the domain's form, one action a line. Where <c>[PLAN]</c> stands, only the part up to <c>[PLAN END]</c> counts.
    /// Lines may have numbers, marks of a list and of bold type, a remark in parentheses at the end and a full stop.
    /// </summary>
    /// <param name="answer">Answer of a model.</param>
    /// <param name="ignored">Lines of that part that are no action: talk, or an action that cannot be read. Empty lines do not count.</param>
    public static string ReadPlan(string answer, out IReadOnlyList<string> ignored)
    {
        ArgumentNullException.ThrowIfNull(answer);
        var from = answer.IndexOf("[PLAN]", StringComparison.OrdinalIgnoreCase);
        var text = from < 0 ? answer : answer[(from + "[PLAN]".Length)..];
        var to = text.IndexOf("[PLAN END]", StringComparison.OrdinalIgnoreCase);
        var actions = new List<string>();
        var rest = new List<string>();
        foreach (var line in (to < 0 ? text : text[..to]).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (ActionLine().Match(Unmarked(line)) is not { Success: true } match)
            {
                rest.Add(line);
                continue;
            }

            var verb = match.Groups["verb"].Value.ToLowerInvariant() switch { "pick up" => "pick-up", "put down" => "put-down", var other => other };
            actions.Add($"{verb} {Letter(match.Groups["x"].Value)}{(match.Groups["y"].Success ? " " + Letter(match.Groups["y"].Value) : "")}");
        }

        ignored = rest;
        return string.Join('\n', actions);
    }

    /// <summary>Reads a statement in English.</summary>
    /// <exception cref="StatementException">The text is none.</exception>
    internal static BlocksProblem ReadProblem(string text)
    {
        var match = StatementText().Match(text);
        if (!match.Success)
            throw new StatementException("'As initial conditions I have that, ... My goal is to have that ...' is expected.", 0);
        var draft = new BlocksDraft();
        var (start, goal) = (match.Groups["start"], match.Groups["goal"]);
        foreach (Match name in BlockName().Matches(start.Value))
            draft.TryDeclare(Letter(name.Groups[1].Value), start.Index + name.Index);
        foreach (var (fact, position) in Facts(start))
        {
            if (fact.Groups["below"].Success)
                draft.Place(Block(draft, fact, "x", position), Block(draft, fact, "below", position), position);
            else if (fact.Groups["table"].Success)
                draft.Place(Block(draft, fact, "x", position), BlocksProblem.Table, position);
        }

        foreach (var (fact, position) in Facts(goal))
        {
            if (fact.Groups["hand"].Success)
                throw new StatementException("The hand cannot be part of the goal here.", position);
            var block = Block(draft, fact, "x", position);
            if (fact.Groups["clear"].Success)
                draft.WantClear(block);
            else
                draft.Want(block, fact.Groups["below"].Success ? Block(draft, fact, "below", position) : BlocksProblem.Table, position);
        }

        return draft.Make(goal.Index) with { IsEnglish = true };
    }

    /// <summary>A line without marks for bold type and code.</summary>
    private static string Unmarked(string line) => line.Replace("*", "", StringComparison.Ordinal).Replace("`", "", StringComparison.Ordinal).Trim();

    private static int Block(BlocksDraft draft, Match fact, string group, int position) => draft.Find(Letter(fact.Groups[group].Value), position);

    private static IEnumerable<(Match Fact, int Position)> Facts(Group part)
    {
        var at = 0;
        foreach (Match separator in Separator().Matches(part.Value).Append(null!))
        {
            var end = separator?.Index ?? part.Length;
            var text = part.Value[at..end];
            if (text.Trim().Length > 0)
            {
                var match = FactText().Match(text);
                if (!match.Success)
                    throw new StatementException($"'{text.Trim()}' is no fact about blocks.", part.Index + at);
                yield return (match, part.Index + at);
            }

            at = end + (separator?.Length ?? 0);
        }
    }

    private static string? ColourOf(string name) => name is [>= 'a' and <= 'l'] ? Colours[name[0] - 'a'] : null;

    /// <summary>Name of the block of a colour; another word stays.</summary>
    internal static string Letter(string colour)
    {
        var name = colour.ToLowerInvariant();
        for (var i = 0; i < Colours.Count; i++)
        {
            if (Colours[i] == name)
                return BlocksProblem.Letters[i];
        }

        return name;
    }

    private static string Clear(string x) => $"the {x} block is clear";

    private static string On(string x, string y) => $"the {x} block is on top of the {y} block";

    private static string OnTable(string x) => $"the {x} block is on the table";

    private static string Join(string[] facts) => facts.Length == 1 ? facts[0] : $"{string.Join(", ", facts[..^1])} and {facts[^1]}";

    [GeneratedRegex(@"initial\s+conditions\s+I\s+have\s+that,?\s+(?<start>[^.]*)\.\s+My\s+goal\s+is\s+to\s+have\s+that\s+(?<goal>[^.]*)\.", RegexOptions.IgnoreCase)]
    private static partial Regex StatementText();

    [GeneratedRegex(@",\s*(?:and\s+)?|\s+and\s+", RegexOptions.IgnoreCase)]
    private static partial Regex Separator();

    [GeneratedRegex(@"the\s+(\w+)\s+block", RegexOptions.IgnoreCase)]
    private static partial Regex BlockName();

    [GeneratedRegex(@"^\s*(?:(?<hand>the\s+hand\s+is\s+empty)|the\s+(?<x>\w+)\s+block\s+is\s+(?:(?<clear>clear)|(?<table>on\s+the\s+table)|on\s+top\s+of\s+the\s+(?<below>\w+)\s+block))\s*$", RegexOptions.IgnoreCase)]
    private static partial Regex FactText();

    [GeneratedRegex(
        @"^(?:-\s*|(?:step\s*)?\d+\s*[.:)]\s*)*(?:(?<verb>pick up)\s+(?:the\s+)?(?<x>\w+)\s+block(?:\s+from\s+the\s+table)?" +
        @"|(?<verb>put down)\s+(?:the\s+)?(?<x>\w+)\s+block(?:\s+on\s+the\s+table)?" +
        @"|(?<verb>unstack)\s+(?:the\s+)?(?<x>\w+)\s+block\s+from\s+(?:(?:on\s+)?top\s+of\s+)?(?:the\s+)?(?<y>\w+)\s+block" +
        @"|(?<verb>stack)\s+(?:the\s+)?(?<x>\w+)\s+block\s+on\s+(?:top\s+of\s+)?(?:the\s+)?(?<y>\w+)\s+block)\s*(?:\([^()]*\))?\s*[.:]?$",
        RegexOptions.IgnoreCase)]
    private static partial Regex ActionLine();
}
