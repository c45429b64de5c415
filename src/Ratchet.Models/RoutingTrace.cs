namespace Ratchet.Models;

/// <summary>Which experts tokens were sent to in every mixture layer and round, recorded on demand by a trainer's or decoder's <c>Trace</c>.</summary>
public sealed class RoutingTrace
{
    private readonly Dictionary<(int Layer, int Round), (List<int> Choices, List<float> Weights)> _entries = [];

    /// <summary>Makes an empty trace.</summary>
    /// <param name="mixture">Mixture of the model.</param>
    public RoutingTrace(ExpertMixture mixture)
    {
        ArgumentNullException.ThrowIfNull(mixture);
        Mixture = mixture;
    }

    /// <summary>Mixture of the model.</summary>
    public ExpertMixture Mixture { get; }

    /// <summary>Blocks that hold a mixture, ascending.</summary>
    public IReadOnlyList<int> Layers => [.. _entries.Keys.Select(k => k.Layer).Distinct().Order()];

    /// <summary>Experts of each token, most likely first: token n's are at [n · chosen, (n + 1) · chosen). Tokens follow the traced sequences, all ids of each.</summary>
    /// <param name="layer">Block, one of <see cref="Layers"/>.</param>
    /// <param name="round">Round, from 0.</param>
    public IReadOnlyList<int> Choices(int layer, int round) => _entries[(layer, round)].Choices;

    /// <summary>What each chosen expert's output is multiplied by, in the order of <see cref="Choices"/>.</summary>
    /// <inheritdoc cref="Choices"/>
    public IReadOnlyList<float> Weights(int layer, int round) => _entries[(layer, round)].Weights;

    /// <summary>Statistics of a layer.</summary>
    /// <param name="layer">Block, one of <see cref="Layers"/>.</param>
    public RoutingStatistics Statistics(int layer)
    {
        int experts = Mixture.Experts, chosen = Mixture.ExpertsPerToken, rounds = Mixture.Rounds;
        var loads = new double[rounds][];
        for (var t = 0; t < rounds; t++)
        {
            var choices = _entries[(layer, t)].Choices;
            loads[t] = new double[experts];
            foreach (var expert in choices)
                loads[t][expert] += 1.0 / choices.Count;
        }

        if (rounds == 1)
            return new RoutingStatistics { Loads = loads };
        var together = new long[experts][];
        for (var i = 0; i < experts; i++)
            together[i] = new long[experts];
        var (first, second) = (_entries[(layer, 0)].Choices, _entries[(layer, 1)].Choices);
        long again = 0;
        for (var n = 0; n < first.Count; n += chosen)
        {
            for (var i = n; i < n + chosen; i++)
            {
                for (var j = n; j < n + chosen; j++)
                {
                    together[first[i]][second[j]]++;
                    again += first[i] == second[j] ? 1 : 0;
                }
            }
        }

        return new RoutingStatistics { Loads = loads, CoActivations = together, ChosenAgain = first.Count == 0 ? 0 : (double)again / first.Count };
    }

    internal void Add(int layer, int round, ReadOnlySpan<int> choices, ReadOnlySpan<float> weights)
    {
        if (!_entries.TryGetValue((layer, round), out var entry))
            _entries.Add((layer, round), entry = ([], []));
        entry.Choices.AddRange(choices);
        entry.Weights.AddRange(weights);
    }
}

/// <summary>How a layer's routers spread tokens over experts (the router analysis of Chain-of-Experts).</summary>
public sealed record RoutingStatistics
{
    /// <summary>For each round the share of all choices that each expert got; a round's shares sum to 1.</summary>
    public required IReadOnlyList<IReadOnlyList<double>> Loads { get; init; }

    /// <summary>
    /// Entry [i][j]: tokens that chose expert i in the first round and expert j in the second. Empty with one round.
    /// </summary>
    public IReadOnlyList<IReadOnlyList<long>> CoActivations { get; init; } = [];

    /// <summary>Share of the first round's choices that the second round made again; null with one round.</summary>
    public double? ChosenAgain { get; init; }

    /// <summary>Entropy of a round's load divided by that of an even one: 1 where all experts get the same, 0 where one gets all.</summary>
    public double Entropy(int round)
    {
        var load = Loads[round];
        return load.Count < 2 ? 1 : -load.Where(p => p > 0).Sum(p => p * Math.Log(p)) / Math.Log(load.Count);
    }

    /// <summary>The busiest expert's load divided by an even one's: 1 where all experts get the same.</summary>
    public double Imbalance(int round) => Loads[round].Max() * Loads[round].Count;

    /// <summary>
    /// Half the sum of absolute differences between the loads of the first two rounds, 0 to 1; 0 means that the routers did not separate. Null with one round.
    /// </summary>
    public double? LoadDifference => Loads.Count < 2 ? null : Loads[0].Zip(Loads[1], (a, b) => Math.Abs(a - b)).Sum() / 2;
}
