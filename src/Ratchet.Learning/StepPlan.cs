using Ratchet.Examples;
using Ratchet.Loop;

namespace Ratchet.Learning;

/// <summary>
/// Which rows make up each optimizer step. Every epoch has its own shuffle, and is cut into steps of about equal numbers of
/// tokens, so that no step at an epoch's end is a small, noisy rest. A function of rows, settings and stream alone, so a
/// training can go on at any step.
/// </summary>
internal sealed class StepPlan
{
    private readonly List<(int Epoch, int[] Rows)> _steps = [];

    /// <summary>Plans a training.</summary>
    /// <param name="rows">Rows, all with a weight above 0.</param>
    /// <param name="epochs">Passes over the rows; of a fractional last pass the first rows of its shuffle take part, at least one.</param>
    /// <param name="batchTokens">Most tokens of a step on average.</param>
    /// <param name="order">Parent of the shuffles: epoch e draws from <c>order.Derive(e)</c>.</param>
    public StepPlan(IReadOnlyList<Example> rows, double epochs, int batchTokens, RandomStream order)
    {
        var passes = (int)Math.Ceiling(epochs);
        for (var epoch = 0; epoch < passes; epoch++)
        {
            var shuffled = Enumerable.Range(0, rows.Count).ToArray();
            var stream = order.Derive(epoch);
            stream.Shuffle<int>(shuffled);
            var share = Math.Min(1, epochs - epoch);
            var count = Math.Clamp((int)Math.Round(share * rows.Count), 1, rows.Count);
            Cut(rows, shuffled.AsSpan(0, count), epoch, batchTokens);
        }
    }

    /// <summary>Steps in order: the epoch counted from 0, and indices of rows.</summary>
    public IReadOnlyList<(int Epoch, int[] Rows)> Steps => _steps;

    private void Cut(IReadOnlyList<Example> rows, ReadOnlySpan<int> order, int epoch, int batchTokens)
    {
        long total = 0;
        foreach (var row in order)
            total += rows[row].Ids.Count;
        var steps = (total + batchTokens - 1) / batchTokens;
        long done = 0, current = 0;
        var start = 0;
        for (var i = 0; i < order.Length; i++)
        {
            // A row belongs to the step that its middle token falls into.
            var length = rows[order[i]].Ids.Count;
            var step = Math.Min(steps - 1, ((2 * done) + length) * steps / (2 * total));
            if (step != current && i > start)
            {
                _steps.Add((epoch, order[start..i].ToArray()));
                start = i;
            }

            current = step;
            done += length;
        }

        _steps.Add((epoch, order[start..].ToArray()));
    }
}
