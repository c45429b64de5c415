using System.Text;
using Ratchet.Domains.Vocabulary;
using Ratchet.Problems;

namespace Ratchet.Domains.Blocks;

/// <summary>Blocks problems as PDDL, in the four-operator form that planners and PlanBench use.</summary>
public static class BlocksPddl
{
    /// <summary>The domain: <c>pick-up</c>, <c>put-down</c>, <c>stack</c>, <c>unstack</c> over <c>clear</c>, <c>ontable</c>, <c>handempty</c>, <c>holding</c>, <c>on</c>.</summary>
    public const string Domain = """
        (define (domain blocksworld-4ops)
          (:requirements :strips)
          (:predicates (clear ?x) (ontable ?x) (handempty) (holding ?x) (on ?x ?y))
          (:action pick-up
            :parameters (?x)
            :precondition (and (clear ?x) (ontable ?x) (handempty))
            :effect (and (holding ?x) (not (clear ?x)) (not (ontable ?x)) (not (handempty))))
          (:action put-down
            :parameters (?x)
            :precondition (holding ?x)
            :effect (and (clear ?x) (ontable ?x) (handempty) (not (holding ?x))))
          (:action stack
            :parameters (?x ?y)
            :precondition (and (clear ?y) (holding ?x))
            :effect (and (on ?x ?y) (clear ?x) (handempty) (not (clear ?y)) (not (holding ?x))))
          (:action unstack
            :parameters (?x ?y)
            :precondition (and (on ?x ?y) (clear ?x) (handempty))
            :effect (and (holding ?x) (clear ?y) (not (on ?x ?y)) (not (clear ?x)) (not (handempty)))))

        """;

    /// <summary>A statement as a PDDL problem of <see cref="Domain"/>.</summary>
    /// <param name="statement">Statement in any form that the domain reads.</param>
    /// <param name="name">Name of the problem.</param>
    /// <exception cref="StatementException">The text is no statement.</exception>
    public static string Problem(string statement, string name = "blocks")
    {
        ArgumentNullException.ThrowIfNull(statement);
        var problem = BlocksStatementReader.Read(statement);
        var above = problem.Above();
        var text = new StringBuilder($"(define (problem {name})\n  (:domain blocksworld-4ops)\n  (:objects {string.Join(' ', problem.Names)})\n  (:init (handempty)");
        for (var block = 0; block < problem.Count; block++)
        {
            var x = problem.Names[block];
            text.Append(problem.Below[block] >= 0 ? $" (on {x} {problem.Names[problem.Below[block]]})" : $" (ontable {x})");
            if (above[block] < 0)
                text.Append($" (clear {x})");
        }

        return text.Append(")\n  (:goal (and ").AppendJoin(' ', Goals(problem)).Append(")))\n").ToString();
    }

    /// <summary>The parts of the goal, as PDDL: places first, then what must be clear.</summary>
    internal static IEnumerable<string> Goals(BlocksProblem problem)
    {
        for (var block = 0; block < problem.Count; block++)
        {
            if (problem.GoalBelow[block] >= 0)
                yield return $"(on {problem.Names[block]} {problem.Names[problem.GoalBelow[block]]})";
            else if (problem.GoalBelow[block] == BlocksProblem.Table)
                yield return $"(ontable {problem.Names[block]})";
        }

        for (var block = 0; block < problem.Count; block++)
        {
            if (problem.GoalClear[block])
                yield return $"(clear {problem.Names[block]})";
        }
    }

    /// <summary>Reads a PDDL problem of this domain whose hand is empty at the start. The domain itself is not read.</summary>
    /// <exception cref="StatementException">The text is no such problem.</exception>
    internal static BlocksProblem ReadProblem(string text)
    {
        var words = Word.Split(text, "()");
        var draft = new BlocksDraft();
        var section = "";
        var goalPosition = 0;
        var clear = new List<(int Block, int Position)>();
        for (var at = 0; at < words.Count; at++)
        {
            var word = words[at];
            if (word.Text is ":objects" or ":init" or ":goal")
            {
                section = word.Text;
                goalPosition = word.Text == ":goal" ? word.Start : goalPosition;
            }
            else if (word.Text is "(" or ")" or "and")
            {
                continue;
            }
            else if (section == ":objects")
            {
                if (!draft.TryDeclare(word.Text, word.Start))
                    throw new StatementException($"The block {word.Text} stands twice.", word.Start);
            }
            else if (section.Length > 0)
            {
                var count = word.Text switch { "on" => 2, "ontable" or "clear" or "holding" => 1, "handempty" => 0, _ => -1 };
                if (count < 0 || word.Text == "holding" || (word.Text == "handempty" && section == ":goal"))
                    throw new StatementException($"'{word.Text}' cannot stand in {section} here; on, ontable, clear{(section == ":init" ? " and handempty" : "")} can.", word.Start);
                if (at + count >= words.Count)
                    throw new StatementException($"'{word.Text}' needs {count} block{(count == 1 ? "" : "s")}.", word.Start);
                var blocks = words.GetRange(at + 1, count).ConvertAll(w => draft.Find(w.Text, w.Start));
                at += count;
                Add(draft, section, word, blocks, clear);
            }
        }

        if (goalPosition == 0)
            throw new StatementException("A PDDL problem with (:goal ...) is expected.", text.Length);
        var problem = draft.Make(goalPosition);
        foreach (var (block, position) in clear.Where(c => draft.IsCovered(c.Block)))
            throw new StatementException($"{problem.Names[block]} is said to be clear, but a block is on it.", position);
        return problem;
    }

    private static void Add(BlocksDraft draft, string section, Word word, List<int> blocks, List<(int Block, int Position)> clear)
    {
        switch (section, word.Text)
        {
            case (":init", "on"):
                draft.Place(blocks[0], blocks[1], word.Start);
                break;
            case (":init", "ontable"):
                draft.Place(blocks[0], BlocksProblem.Table, word.Start);
                break;
            case (":init", "clear"):
                clear.Add((blocks[0], word.Start));
                break;
            case (":goal", "on"):
                draft.Want(blocks[0], blocks[1], word.Start);
                break;
            case (":goal", "ontable"):
                draft.Want(blocks[0], BlocksProblem.Table, word.Start);
                break;
            case (":goal", "clear"):
                draft.WantClear(blocks[0]);
                break;
        }
    }
}
