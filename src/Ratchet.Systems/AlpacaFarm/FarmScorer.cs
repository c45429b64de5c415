using Ratchet.Checkpoints;
using Ratchet.Learning.Preferences;

namespace Ratchet.Systems.AlpacaFarm;

/// <summary>A reward model that scores responses to prompts, many at a time.</summary>
internal sealed class FarmScorer(FarmWorld world, Checkpoint rewardModel) : IDisposable
{
    private const int Batch = 256;

    /// <summary>The reward model.</summary>
    public RewardModel Model { get; } = new(rewardModel, world.Engine.Trainer);

    /// <summary>Rewards of responses, each to its prompt.</summary>
    public double[] Score(IReadOnlyList<(int[] Prompt, int[] Response)> items) =>
        [.. items.Chunk(Batch).SelectMany(chunk => Model.Score([.. chunk.Select(c => (IReadOnlyList<int>)[.. c.Prompt, .. c.Response])]))];

    /// <summary>Rewards of several responses to each prompt.</summary>
    public IReadOnlyList<double[]> Score(IReadOnlyList<int[]> prompts, IReadOnlyList<FarmResponse[]> responses)
    {
        var flat = Score([.. prompts.SelectMany((p, i) => responses[i].Select(r => (p, r.Ids)))]);
        var place = 0;
        return [.. responses.Select(r => flat[place..(place += r.Length)])];
    }

    public void Dispose() => Model.Dispose();
}
