using System.Globalization;
using System.Text.Json;
using Ratchet.Search;
using Ratchet.Search.Planning;

namespace Ratchet.Systems.BfsProver;

/// <summary>A further search of an evaluation, as a line of <c>evaluate.compare</c> spells it.</summary>
internal sealed record ComparedSearch
{
    public required string Name { get; init; }

    public SearchStrategy? Strategy { get; init; }

    public double? Alpha { get; init; }

    public int? Width { get; init; }

    public int? Beam { get; init; }

    public bool? MeanOfTokens { get; init; }

    /// <summary>Where steps come from.</summary>
    public ComparedPolicy Policy { get; init; }

    /// <summary><c>oracle</c>, <c>random</c>, <c>model</c>, <c>none</c>, or null without a planner.</summary>
    public string? Plan { get; init; }

    public int Provers { get; init; } = 1;

    /// <summary>Searches along plans that share nothing and divide the budget; 1 is the usual one.</summary>
    public int Independent { get; init; } = 1;

    public PlanParallelism Parallelism { get; init; }

    /// <summary>Share of a plan's steps that are made false on purpose, to see what replanning and refuting are worth.</summary>
    public double Lies { get; init; }

    public bool Refute { get; init; } = true;

    public int? Replans { get; init; }

    public static bool TryParse(string line, out ComparedSearch? search, out string? wrong)
    {
        search = null;
        wrong = null;
        var parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length < 2 || !parts[0].All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            wrong = $"'{line}' is not a name with settings.";
            return false;
        }

        var made = new ComparedSearch { Name = parts[0] };
        foreach (var part in parts.Skip(1))
        {
            var (key, value) = part.IndexOf('=', StringComparison.Ordinal) is var at and > 0 ? (part[..at], part[(at + 1)..]) : ("strategy", part);
            var next = key switch
            {
                "strategy" when Enum.GetValues<SearchStrategy>().Cast<SearchStrategy?>().FirstOrDefault(s => JsonNamingPolicy.SnakeCaseLower.ConvertName(s.ToString()!) == value.Replace('-', '_')) is { } strategy => made with { Strategy = strategy },
                "alpha" when double.TryParse(value, CultureInfo.InvariantCulture, out var number) && number >= 0 => made with { Alpha = number },
                "width" when Number(value, 1, 1000) is { } number => made with { Width = number },
                "beam" when Number(value, 1, 10_000) is { } number => made with { Beam = number },
                "mean_of_tokens" when bool.TryParse(value, out var flag) => made with { MeanOfTokens = flag },
                "policy" when Enum.GetValues<ComparedPolicy>().Cast<ComparedPolicy?>().FirstOrDefault(p => JsonNamingPolicy.KebabCaseLower.ConvertName(p.ToString()!) == value) is { } policy => made with { Policy = policy },
                "plan" when value is "oracle" or "random" or "model" or "none" => made with { Plan = value },
                "provers" when Number(value, 1, 1000) is { } number => made with { Provers = number },
                "independent" when Number(value, 2, 1000) is { } number => made with { Independent = number },
                "parallelism" when value is "focused" or "split" => made with { Parallelism = value == "split" ? PlanParallelism.Split : PlanParallelism.Focused },
                "lies" when double.TryParse(value, CultureInfo.InvariantCulture, out var share) && share is >= 0 and <= 1 => made with { Lies = share },
                "refute" when bool.TryParse(value, out var flag) => made with { Refute = flag },
                "replans" when Number(value, 0, 100) is { } number => made with { Replans = number },
                _ => null,
            };
            if (next is null)
            {
                wrong = $"'{part}' in '{line}' is no strategy (best-first, beam, greedy, sample, mcts) and no setting (alpha, width, beam, mean_of_tokens, policy, plan, provers, independent, parallelism, lies, refute, replans) with a value that it can have.";
                return false;
            }

            made = next;
        }

        if (made.Independent > 1 && made.Plan is null)
        {
            wrong = $"'{line}' has independent searches without plans; draws of one search are independent already.";
            return false;
        }

        search = made;
        return true;
    }

    /// <summary>The settings of the search.</summary>
    public SearchOptions Options(SearchOptions usual) => usual with
    {
        Strategy = Strategy ?? usual.Strategy, Alpha = Alpha ?? usual.Alpha, Width = Width ?? usual.Width, Beam = Beam ?? usual.Beam, MeanOfTokens = MeanOfTokens ?? usual.MeanOfTokens,
    };

    private static int? Number(string text, int least, int most) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number : null;
}

/// <summary>Where the steps of a compared search come from.</summary>
internal enum ComparedPolicy
{
    /// <summary>As in the recipe's own search; independent draws are the model's own texts.</summary>
    Own,

    /// <summary>The model writes them.</summary>
    Model,

    /// <summary>The list's, each as likely, in the list's order; drawn where the strategy is <see cref="SearchStrategy.Sample"/>.</summary>
    Uniform,

    /// <summary>The list's, each as likely, drawn: what is left where the list is cut is left to chance.</summary>
    UniformRandom,

    /// <summary>The list's, ranked by the model.</summary>
    Ranked,

    /// <summary>A second model of the same shape writes whole proofs; it is trained from fresh weights on the whole proofs of the seed and of all rounds, and draws as many tokens as the run's own search spends where it finds nothing.</summary>
    Whole,
}
