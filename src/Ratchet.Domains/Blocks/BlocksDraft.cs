using Ratchet.Problems;

namespace Ratchet.Domains.Blocks;

/// <summary>Collects blocks and facts while a statement is read, whatever its form, and makes a checked problem of them.</summary>
internal sealed class BlocksDraft
{
    private readonly List<string> _names = [];
    private readonly Dictionary<string, int> _index = new(StringComparer.Ordinal);
    private readonly List<int> _below = [];
    private readonly List<int> _goalBelow = [];
    private readonly List<bool> _goalClear = [];

    /// <summary>Not said yet where the block is.</summary>
    private const int Nowhere = -3;

    public int Count => _names.Count;

    /// <summary>Declares a block; false where it was declared before.</summary>
    /// <exception cref="StatementException">There are too many.</exception>
    public bool TryDeclare(string name, int position)
    {
        if (!_index.TryAdd(name, _names.Count))
            return false;
        if (_names.Count == BlocksProblem.MaxBlocks)
            throw new StatementException($"There are more than {BlocksProblem.MaxBlocks} blocks; '{name}' is one too many.", position);
        _names.Add(name);
        _below.Add(Nowhere);
        _goalBelow.Add(BlocksProblem.Free);
        _goalClear.Add(false);
        return true;
    }

    /// <exception cref="StatementException">There is no such block.</exception>
    public int Find(string name, int position) => _index.TryGetValue(name, out var block) ? block : throw new StatementException($"There is no block '{name}'.", position);

    /// <param name="block">Block.</param>
    /// <param name="below">Block below it or <see cref="BlocksProblem.Table"/>.</param>
    /// <param name="position">Where that is said.</param>
    /// <exception cref="StatementException">The block is elsewhere already, or another block is on <paramref name="below"/>.</exception>
    public void Place(int block, int below, int position)
    {
        if (_below[block] != Nowhere)
            throw new StatementException($"It is said twice where {_names[block]} is.", position);
        if (below >= 0 && _below.IndexOf(below) is >= 0 and var other)
            throw new StatementException($"{_names[other]} and {_names[block]} are both on {_names[below]}.", position);
        _below[block] = below;
    }

    public bool IsCovered(int block) => _below.Contains(block);

    /// <exception cref="StatementException">Another place was asked for.</exception>
    public void Want(int block, int below, int position)
    {
        if (_goalBelow[block] != BlocksProblem.Free && _goalBelow[block] != below)
            throw new StatementException($"No plan can reach the goal: {_names[block]} cannot be in two places.", position);
        _goalBelow[block] = below;
    }

    public void WantClear(int block) => _goalClear[block] = true;

    /// <exception cref="StatementException">A block is nowhere or above itself, or no plan can reach the goal.</exception>
    public BlocksProblem Make(int goalPosition)
    {
        if (Count == 0)
            throw new StatementException("There are no blocks.", 0);
        for (var block = 0; block < Count; block++)
        {
            if (_below[block] == Nowhere)
                throw new StatementException($"It is not said where {_names[block]} is.", 0);
        }

        for (var block = 0; block < Count; block++)
        {
            var at = block;
            for (var steps = 0; at >= 0; steps++)
            {
                if (steps > Count)
                    throw new StatementException($"{_names[block]} is above itself.", 0);
                at = _below[at];
            }
        }

        var problem = new BlocksProblem([.. _names], [.. _below], [.. _goalBelow], [.. _goalClear]);
        problem.CheckGoal(goalPosition);
        return problem;
    }
}
