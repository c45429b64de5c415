using Ratchet.Loop;
using Ratchet.Preferences;

namespace Ratchet.Verifiers.Annotators;

/// <summary>What an annotator likes: U(y) = Task · task + Format · format + Length · length + List · list + Whim · noise(x, y).</summary>
public sealed record AnnotatorTaste
{
    /// <summary>Name.</summary>
    public required string Name { get; init; }

    /// <summary>Value of a task done right.</summary>
    public required double Task { get; init; }

    /// <summary>Value of the form that was asked for.</summary>
    public required double Format { get; init; }

    /// <summary>Value of a token of length; negative for who likes it short.</summary>
    public double Length { get; init; }

    /// <summary>Value of a list.</summary>
    public double List { get; init; }

    /// <summary>Deviation of a taste of the annotator's own for this response to this instruction, the same whenever it is asked.</summary>
    public double Whim { get; init; }

    /// <summary>How unsteady judgements are: differences in value are divided by it. Above 0.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Log-odds by which the response that is shown first is preferred.</summary>
    public double Position { get; init; }
}

/// <summary>An annotator that is a program with a known utility: P(first) = σ((U(first) - U(second)) / temperature + position).</summary>
/// <remarks>Pairs are judged in the order in which they are written; <see cref="AnnotatorPool"/> shuffles it. Safe from many threads.</remarks>
public sealed class UtilityAnnotator : IAnnotator
{
    private readonly ResponseReader _reader;
    private readonly RandomStream _stream;

    /// <summary>Makes an annotator.</summary>
    /// <param name="taste">What it likes.</param>
    /// <param name="reader">What it sees.</param>
    /// <param name="seed">Seed of its whims and its unsteadiness.</param>
    public UtilityAnnotator(AnnotatorTaste taste, ResponseReader reader, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(taste);
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(taste.Temperature);
        (Taste, _reader, _stream) = (taste, reader, RandomStream.FromSeed(seed).Derive("annotator").Derive(taste.Name));
    }

    /// <summary>What it likes.</summary>
    public AnnotatorTaste Taste { get; }

    /// <inheritdoc/>
    public string Name => Taste.Name;

    /// <summary>Value of a response to this annotator.</summary>
    public double Utility(string instruction, string response)
    {
        var seen = _reader(instruction, response);
        var whim = Taste.Whim == 0 ? 0 : Taste.Whim * _stream.Derive("whim").Derive(instruction).Derive(response).NextNormal();
        return (Taste.Task * seen.Task) + (Taste.Format * seen.Format) + (Taste.Length * seen.Length) + (seen.IsList ? Taste.List : 0) + whim;
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<Annotation>> AnnotateAsync(IReadOnlyList<AnnotationRequest> requests, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(requests);
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult<IReadOnlyList<Annotation>>([.. requests.Select(Judge)]);
    }

    private Annotation Judge(AnnotationRequest request)
    {
        var pair = request.Pair;
        var difference = (Utility(pair.Instruction, pair.First) - Utility(pair.Instruction, pair.Second)) / Taste.Temperature;
        var draw = _stream.Derive("draw").Derive(pair.Instruction).Derive(pair.Id).Derive(pair.First).Derive(pair.Second).Derive(request.Replicate).NextDouble();
        return new Annotation { PairId = pair.Id, Replicate = request.Replicate, Annotator = Name, Preference = draw < LogisticRegression.Sigmoid(difference + Taste.Position) ? 1 : 2 };
    }
}

/// <summary>Prefers the longer response: the baseline that shows how much of a judgement is length.</summary>
/// <param name="length">Length of a response.</param>
public sealed class LongestAnnotator(Func<string, double> length) : IAnnotator
{
    /// <inheritdoc/>
    public string Name => "longest";

    /// <inheritdoc/>
    public Task<IReadOnlyList<Annotation>> AnnotateAsync(IReadOnlyList<AnnotationRequest> requests, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(requests);
        return Task.FromResult<IReadOnlyList<Annotation>>([.. requests.Select(r => new Annotation
        {
            PairId = r.Pair.Id,
            Replicate = r.Replicate,
            Annotator = Name,
            Preference = length(r.Pair.First).CompareTo(length(r.Pair.Second)) switch { > 0 => 1, < 0 => 2, _ => Annotation.Tie },
        })]);
    }
}
