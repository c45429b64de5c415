using Ratchet.Examples;

namespace Ratchet.Learning.Objectives;

/// <summary>
/// What a model gives at the targets of some rows, and room for a loss's derivatives by it. Arrays are [row][place]: place i of row r stands for the id
/// <c>Rows[r].Ids[Rows[r].TargetStart + i]</c>. Masked places hold 0, and derivatives there are ignored.
/// </summary>
public sealed class TokenBatch
{
    /// <summary>Makes a batch of zeros.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="quantities">Which arrays there are; the others are empty.</param>
    public TokenBatch(IReadOnlyList<Example> rows, TokenQuantities quantities)
    {
        ArgumentNullException.ThrowIfNull(rows);
        Rows = rows;
        Quantities = quantities;
        (LogProbabilities, LogProbabilityGradients) = Arrays(TokenQuantities.LogProbability);
        (Entropies, EntropyGradients) = Arrays(TokenQuantities.Entropy);
        (Divergences, DivergenceGradients) = Arrays(TokenQuantities.Divergence);
        (Values, ValueGradients) = Arrays(TokenQuantities.Value);

        (float[][] Numbers, float[][] Gradients) Arrays(TokenQuantities quantity) => quantities.HasFlag(quantity) ? (Zeros(), Zeros()) : ([], []);

        float[][] Zeros()
        {
            var arrays = new float[rows.Count][];
            for (var r = 0; r < arrays.Length; r++)
                arrays[r] = new float[rows[r].Ids.Count - rows[r].TargetStart];
            return arrays;
        }
    }

    /// <summary>Rows.</summary>
    public IReadOnlyList<Example> Rows { get; }

    /// <summary>Which arrays there are.</summary>
    public TokenQuantities Quantities { get; }

    /// <summary>Log-probability of each target.</summary>
    public float[][] LogProbabilities { get; }

    /// <summary>dLoss / dLogProbability.</summary>
    public float[][] LogProbabilityGradients { get; }

    /// <summary>Entropy at each target's place.</summary>
    public float[][] Entropies { get; }

    /// <summary>dLoss / dEntropy.</summary>
    public float[][] EntropyGradients { get; }

    /// <summary>Divergence from the other model at each target's place.</summary>
    public float[][] Divergences { get; }

    /// <summary>dLoss / dDivergence.</summary>
    public float[][] DivergenceGradients { get; }

    /// <summary>Scalar head's value before each target.</summary>
    public float[][] Values { get; }

    /// <summary>dLoss / dValue.</summary>
    public float[][] ValueGradients { get; }

    /// <summary>Number of targets, masked places left out.</summary>
    public int Targets => Rows.Sum(r => r.Targets);

    /// <summary>Whether a place of a row is a target and not masked.</summary>
    public bool IsTarget(int row, int place) => Rows[row].Masked.Count == 0 || Rows[row].IsTarget(Rows[row].TargetStart + place);
}
