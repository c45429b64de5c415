namespace Ratchet.Models;

/// <summary>
/// A mixture of experts in place of the feed-forward layer (DeepSeekMoE, Qwen 3 MoE): a softmax router sends each token to its most likely experts;
/// shared experts see every token. With more than one round it is a chain of experts (Wang et al. 2025, arXiv 2506.18945): each round routes
/// what the round before made, to the same experts.
/// </summary>
/// <remarks>
/// With a for the residual stream before the layer, n = RMSNorm(a), and m_t(h) for what round t's chosen and shared experts make of h,
/// <see cref="Residual"/> says what leaves the layer.
/// </remarks>
public sealed record ExpertMixture
{
    /// <summary>Experts of a layer that tokens are sent to.</summary>
    public required int Experts { get; init; }

    /// <summary>Experts that a token goes to, in each round.</summary>
    public required int ExpertsPerToken { get; init; }

    /// <summary>Width of one expert's hidden layer.</summary>
    public required int ExpertSize { get; init; }

    /// <summary>Experts that see every token; 0 for none.</summary>
    public int SharedExperts { get; init; }

    /// <summary>The first layers keep a plain feed-forward layer; this many.</summary>
    public int FirstDenseLayers { get; init; }

    /// <summary>Divides a token's expert weights by their sum.</summary>
    public bool NormalizeWeights { get; init; }

    /// <summary>Factor of a token's expert weights where they are not normalised.</summary>
    public double WeightScale { get; init; } = 1;

    /// <summary>Rounds, C: how often a token is routed within the layer; 1 is a plain mixture.</summary>
    public int Rounds { get; init; } = 1;

    /// <summary>All rounds share one router; otherwise each has its own ("independent gating").</summary>
    public bool SharedRouter { get; init; }

    /// <summary>How rounds and the residual stream are joined.</summary>
    public MixtureResidual Residual { get; init; } = MixtureResidual.PreNorm;

    /// <summary>
    /// Factor α of the sequence-level balance loss of DeepSeek-V2 (section 2.2.3), which training adds for each layer and round: the mean over rows of
    /// Σ_i f_i · P_i, with f_i = experts / (chosen · tokens) · tokens sent to expert i, and P_i the row's mean score of expert i. 0 for none. It is 1 where
    /// all experts get the same.
    /// </summary>
    public double BalanceWeight { get; init; }

    /// <summary>Groups that the experts are divided into; 1 for none.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>Groups that a token's experts may come from: those with the most likely expert.</summary>
    public int GroupsPerToken { get; init; } = 1;

    /// <summary>Routers of a layer.</summary>
    internal int Routers => SharedRouter ? 1 : Rounds;

    /// <summary>Norms of a layer beside the one that every block has: one a round where each round norms its own input.</summary>
    internal int RoundNorms => Residual == MixtureResidual.PreNorm ? Rounds - 1 : 0;

    internal IEnumerable<string> Validate(DecoderConfig config)
    {
        foreach (var (value, name) in ((int, string)[])[(Experts, nameof(Experts)), (ExpertsPerToken, nameof(ExpertsPerToken)), (ExpertSize, nameof(ExpertSize)), (Rounds, nameof(Rounds)), (Groups, nameof(Groups)), (GroupsPerToken, nameof(GroupsPerToken))])
        {
            if (value <= 0)
                yield return $"{nameof(ExpertMixture)}.{name} must be positive, not {value}.";
        }

        if (SharedExperts < 0)
            yield return $"{nameof(ExpertMixture)}.{nameof(SharedExperts)} must not be negative, not {SharedExperts}.";
        if (!(BalanceWeight >= 0 && double.IsFinite(BalanceWeight)))
            yield return $"{nameof(ExpertMixture)}.{nameof(BalanceWeight)} must be 0 or more, not {BalanceWeight}.";
        if (!Enum.IsDefined(Residual))
            yield return $"{nameof(ExpertMixture)}.{nameof(Residual)} must be one of {string.Join(", ", Enum.GetNames<MixtureResidual>())}, not {Residual}.";
        if (SharedRouter && Rounds == 1)
            yield return $"{nameof(ExpertMixture)}.{nameof(SharedRouter)} needs more than one round.";
        if (FirstDenseLayers < 0 || FirstDenseLayers > config.Layers)
            yield return $"{nameof(ExpertMixture)}.{nameof(FirstDenseLayers)} must be from 0 to {nameof(config.Layers)} ({config.Layers}), not {FirstDenseLayers}.";
        if (Groups > 0 && (Experts % Groups != 0 || GroupsPerToken > Groups))
            yield return $"{nameof(ExpertMixture)}.{nameof(Groups)} ({Groups}) must divide {nameof(Experts)} ({Experts}) and be at least {nameof(GroupsPerToken)} ({GroupsPerToken}).";
        else if (Groups > 0 && ExpertsPerToken > (long)Experts / Groups * GroupsPerToken)
            yield return $"{nameof(ExpertMixture)}.{nameof(ExpertsPerToken)} ({ExpertsPerToken}) must be at most the experts that a token can reach ({(long)Experts / Groups * GroupsPerToken}).";
    }
}

/// <summary>How the rounds of a mixture and the residual stream a are joined; n = RMSNorm(a), h⁰ = n.</summary>
public enum MixtureResidual
{
    /// <summary>The standard block, a + Σ m_t: each round reads a norm, with gains of its own, of the stream so far. With one round a + m(n).</summary>
    PreNorm,

    /// <summary>The released code of Chain-of-Experts: n + Σ m_t with h^t = h^(t-1) + m_t. The stream goes on through the norm; a itself is dropped.</summary>
    Repo,

    /// <summary>Only around the chain: a + h^C with h^t = m_t (the paper's ablation as its text has it).</summary>
    Outer,

    /// <summary>Inside and around: a + h^C with h^t = h^(t-1) + m_t (the ablations as they were run).</summary>
    Both,
}
