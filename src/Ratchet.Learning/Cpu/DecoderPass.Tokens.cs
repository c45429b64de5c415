using Ratchet.Examples;
using Ratchet.Learning.Objectives;

namespace Ratchet.Learning.Cpu;

internal sealed unsafe partial class DecoderPass
{
    /// <summary>Forward pass that fills a batch's numbers for a chunk of rows. The activations and logits stay until the next pass, for <see cref="BackwardTokens"/>.</summary>
    /// <param name="rows">Rows; kept, so they must not change before <see cref="BackwardTokens"/>.</param>
    /// <param name="count">How many of them.</param>
    /// <param name="batch">Batch, by <see cref="PassRow.Index"/>.</param>
    /// <param name="inverseTemperature">1 / T.</param>
    /// <param name="references">The other model's log-probabilities by <see cref="PassRow.Index"/>, or null.</param>
    /// <param name="backward">A backward pass follows.</param>
    public void ForwardTokens(PassRow[] rows, int count, TokenBatch batch, float inverseTemperature, IReadOnlyList<float[]>? references, bool backward)
    {
        Begin(rows, count, backward);
        Forward();
        var n = 0;
        for (var r = 0; r < count; r++)
        {
            var row = rows[r];
            for (var i = 0; i < row.Targets; i++, n++)
            {
                if (IsMasked(row, i))
                    continue;
                var logits = _buffers.Logits.Pointer + ((long)n * _logitStride);
                if (_config.ScalarHead)
                    batch.Values[row.Index][i] = logits[0];
                else
                    Fill(batch, row, i, logits, inverseTemperature, references);
            }
        }
    }

    /// <summary>The way back of the last <see cref="ForwardTokens"/>: from the derivatives in the batch to the gradient, written to or added to a flat buffer.</summary>
    public void BackwardTokens(TokenBatch batch, float inverseTemperature, IReadOnlyList<float[]>? references, float* gradient, bool accumulate)
    {
        var vocabulary = _config.VocabularySize;
        var n = 0;
        for (var r = 0; r < _rowCount; r++)
        {
            var row = _rows[r];
            for (var i = 0; i < row.Targets; i++, n++)
            {
                var logits = _buffers.Logits.Pointer + ((long)n * _logitStride);
                var masked = IsMasked(row, i);
                if (_config.ScalarHead)
                {
                    logits[0] = masked ? 0 : batch.ValueGradients[row.Index][i];
                    continue;
                }

                var chosen = masked ? 0 : Of(batch.LogProbabilityGradients, row.Index, i);
                var entropy = masked ? 0 : Of(batch.EntropyGradients, row.Index, i);
                var divergence = masked ? 0 : Of(batch.DivergenceGradients, row.Index, i);
                fixed (float* q = divergence == 0 ? null : references![row.Index])
                    TokenKernels.Gradient(logits, vocabulary, row.Ids[row.QueryStart + i + 1], inverseTemperature, chosen, entropy, divergence, q + (divergence == 0 ? 0 : (long)i * vocabulary));
            }
        }

        Backward(gradient, accumulate);
    }

    /// <summary>Log-probabilities of the whole vocabulary at the targets of a chunk, written to <paramref name="results"/> by <see cref="PassRow.Index"/>.</summary>
    public void Distributions(PassRow[] rows, int count, float inverseTemperature, float[][] results)
    {
        Begin(rows, count, backward: false);
        Forward();
        var n = 0;
        for (var r = 0; r < count; r++)
        {
            var row = rows[r];
            for (var i = 0; i < row.Targets; i++, n++)
            {
                if (IsMasked(row, i))
                    continue;
                fixed (float* result = &results[row.Index][(long)i * _config.VocabularySize])
                    TokenKernels.LogProbabilities(_buffers.Logits.Pointer + ((long)n * _logitStride), _config.VocabularySize, inverseTemperature, result);
            }
        }
    }

    private void Fill(TokenBatch batch, PassRow row, int place, float* logits, float inverseTemperature, IReadOnlyList<float[]>? references)
    {
        var n = _config.VocabularySize;
        var normalizer = TokenKernels.Normalizer(logits, n, inverseTemperature);
        if (batch.LogProbabilities.Length > 0)
            batch.LogProbabilities[row.Index][place] = (float)(((double)logits[row.Ids[row.QueryStart + place + 1]] * inverseTemperature) - normalizer.Max - Math.Log(normalizer.Sum));
        if (batch.Entropies.Length > 0)
            batch.Entropies[row.Index][place] = TokenKernels.Entropy(logits, n, inverseTemperature, normalizer);
        if (batch.Divergences.Length == 0)
            return;
        fixed (float* q = &references![row.Index][(long)place * n])
            batch.Divergences[row.Index][place] = TokenKernels.Divergence(logits, n, inverseTemperature, normalizer, q);
    }

    private static float Of(float[][] gradients, int row, int place) => gradients.Length == 0 ? 0 : gradients[row][place];

    private static bool IsMasked(PassRow row, int place) => row.Masked is { Count: > 0 } masked && IdSpan.Contains(masked, row.QueryStart + place + 1);
}
