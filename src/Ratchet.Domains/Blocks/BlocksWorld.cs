namespace Ratchet.Domains.Blocks;

/// <summary>A hand and blocks while a plan runs.</summary>
internal sealed class BlocksWorld
{
    private const int Held = -4;

    private readonly BlocksProblem _problem;
    private readonly int[] _below;
    private readonly int[] _above;
    private int _inHand = -1;

    public BlocksWorld(BlocksProblem problem)
    {
        _problem = problem;
        _below = [.. problem.Below];
        _above = problem.Above();
    }

    /// <summary>The conditions of an action that are false, as PDDL and in the order of the domain's text.</summary>
    public List<string> Unmet(BlocksVerb verb, int x, int y)
    {
        var unmet = new List<string>();
        void Need(bool holds, string condition)
        {
            if (!holds)
                unmet.Add(condition);
        }

        switch (verb)
        {
            case BlocksVerb.PickUp:
                Need(IsClear(x), $"(clear {Name(x)})");
                Need(_below[x] == BlocksProblem.Table, $"(ontable {Name(x)})");
                Need(_inHand < 0, "(handempty)");
                break;
            case BlocksVerb.PutDown:
                Need(_inHand == x, $"(holding {Name(x)})");
                break;
            case BlocksVerb.Stack:
                Need(IsClear(y), $"(clear {Name(y)})");
                Need(_inHand == x, $"(holding {Name(x)})");
                break;
            default:
                Need(_below[x] == y, $"(on {Name(x)} {Name(y)})");
                Need(IsClear(x), $"(clear {Name(x)})");
                Need(_inHand < 0, "(handempty)");
                break;
        }

        return unmet;
    }

    /// <summary>Does an action whose conditions hold.</summary>
    public void Apply(BlocksVerb verb, int x, int y)
    {
        switch (verb)
        {
            case BlocksVerb.PickUp:
                (_inHand, _below[x]) = (x, Held);
                break;
            case BlocksVerb.PutDown:
                (_inHand, _below[x]) = (-1, BlocksProblem.Table);
                break;
            case BlocksVerb.Stack:
                (_inHand, _below[x], _above[y]) = (-1, y, x);
                break;
            default:
                (_inHand, _below[x], _above[y]) = (x, Held, -1);
                break;
        }
    }

    /// <summary>The parts of the goal that are false, as PDDL.</summary>
    public List<string> UnmetGoals()
    {
        var unmet = new List<string>();
        for (var block = 0; block < _problem.Count; block++)
        {
            var goal = _problem.GoalBelow[block];
            if (goal != BlocksProblem.Free && goal != _below[block])
                unmet.Add(goal >= 0 ? $"(on {Name(block)} {Name(goal)})" : $"(ontable {Name(block)})");
        }

        for (var block = 0; block < _problem.Count; block++)
        {
            if (_problem.GoalClear[block] && !IsClear(block))
                unmet.Add($"(clear {Name(block)})");
        }

        return unmet;
    }

    private bool IsClear(int block) => _above[block] < 0 && _inHand != block;

    private string Name(int block) => _problem.Names[block];
}
