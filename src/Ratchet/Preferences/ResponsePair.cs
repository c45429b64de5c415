using Ratchet.Runs;

namespace Ratchet.Preferences;

/// <summary>Two responses to one instruction that are to be compared.</summary>
public sealed record ResponsePair
{
    /// <summary>Names the pair within its set, whichever way round it is written: both orders of one pair have one identifier.</summary>
    public required string Id { get; init; }

    /// <summary>What was asked.</summary>
    public required string Instruction { get; init; }

    /// <summary>One response.</summary>
    public required string First { get; init; }

    /// <summary>The other response.</summary>
    public required string Second { get; init; }

    /// <summary>The same pair the other way round.</summary>
    public ResponsePair Swapped() => this with { First = Second, Second = First };
}

/// <summary>A pair that an annotator is to judge.</summary>
/// <param name="Pair">Pair.</param>
/// <param name="Replicate">Which judgement of the same pair it is, from 0: another replicate is another, independent judgement.</param>
public sealed record AnnotationRequest(ResponsePair Pair, int Replicate = 0);

/// <summary>What an annotator said of a pair.</summary>
public sealed record Annotation
{
    /// <summary>The number of a tie.</summary>
    public const double Tie = 1.5;

    /// <summary>Pair.</summary>
    public required string PairId { get; init; }

    /// <summary>Replicate of the pair.</summary>
    public required int Replicate { get; init; }

    /// <summary>Who said it, with its version where it has one.</summary>
    public required string Annotator { get; init; }

    /// <summary>
    /// 1 where the first response is better, 2 where the second is, 1.5 for a tie; numbers between are weaker preferences. Null where there is no judgement, which is
    /// counted and never taken for a tie.
    /// </summary>
    public double? Preference { get; init; }

    /// <summary>The label is a coin's and nobody looked at the pair.</summary>
    public bool IsNoise { get; init; }

    /// <summary>Why there is no judgement; null where there is one.</summary>
    public string? Failure { get; init; }

    /// <summary>The same judgement of the pair written the other way round.</summary>
    public Annotation Mirrored() => this with { Preference = Preference is { } p ? Mirror(p) : null };

    /// <summary>A preference seen from the other side. Exact: mirrored twice it is the same number.</summary>
    public static double Mirror(double preference) => 3 - preference;
}

/// <summary>Says which of two responses is better.</summary>
public interface IAnnotator
{
    /// <summary>Name with version: annotators are data, and results of different versions are not compared.</summary>
    string Name { get; }

    /// <summary>
    /// Judges pairs. The same pair and replicate get the same judgement, whatever else is asked in the same call or before. Safe to call from many threads.
    /// </summary>
    /// <returns>One annotation a request, in order.</returns>
    /// <exception cref="RatchetException">Nobody can be asked: an endpoint that does not answer, a budget that is used up.</exception>
    Task<IReadOnlyList<Annotation>> AnnotateAsync(IReadOnlyList<AnnotationRequest> requests, CancellationToken cancellationToken);
}
