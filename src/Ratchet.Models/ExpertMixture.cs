namespace Ratchet.Models;

/// <summary>
/// A mixture of experts in place of the feed-forward layer (DeepSeekMoE, Qwen 3 MoE): a softmax router sends each token to its most likely experts;
/// shared experts see every token.
/// </summary>
public sealed record ExpertMixture
{
    /// <summary>Experts of a layer that tokens are sent to.</summary>
    public required int Experts { get; init; }

    /// <summary>Experts that a token goes to.</summary>
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

    /// <summary>Groups that the experts are divided into; 1 for none.</summary>
    public int Groups { get; init; } = 1;

    /// <summary>Groups that a token's experts may come from: those with the most likely expert.</summary>
    public int GroupsPerToken { get; init; } = 1;

    internal IEnumerable<string> Validate(DecoderConfig config)
    {
        foreach (var (value, name) in ((int, string)[])[(Experts, nameof(Experts)), (ExpertsPerToken, nameof(ExpertsPerToken)), (ExpertSize, nameof(ExpertSize)), (Groups, nameof(Groups)), (GroupsPerToken, nameof(GroupsPerToken))])
        {
            if (value <= 0)
                yield return $"{nameof(ExpertMixture)}.{name} must be positive, not {value}.";
        }

        if (SharedExperts < 0)
            yield return $"{nameof(ExpertMixture)}.{nameof(SharedExperts)} must not be negative, not {SharedExperts}.";
        if (FirstDenseLayers < 0 || FirstDenseLayers > config.Layers)
            yield return $"{nameof(ExpertMixture)}.{nameof(FirstDenseLayers)} must be from 0 to {nameof(config.Layers)} ({config.Layers}), not {FirstDenseLayers}.";
        if (Groups > 0 && (Experts % Groups != 0 || GroupsPerToken > Groups))
            yield return $"{nameof(ExpertMixture)}.{nameof(Groups)} ({Groups}) must divide {nameof(Experts)} ({Experts}) and be at least {nameof(GroupsPerToken)} ({GroupsPerToken}).";
        else if (Groups > 0 && ExpertsPerToken > (long)Experts / Groups * GroupsPerToken)
            yield return $"{nameof(ExpertMixture)}.{nameof(ExpertsPerToken)} ({ExpertsPerToken}) must be at most the experts that a token can reach ({(long)Experts / Groups * GroupsPerToken}).";
    }
}
