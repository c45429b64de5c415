using Ratchet.Examples;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Torch;
using Ratchet.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace Ratchet.Learning;

/// <summary>
/// Trains a decoder on the tensor library: any device, float32 or bfloat16 products with float32 weights, gradients by the
/// library, AdamW by the same formula as <see cref="CpuTrainer"/>.
/// </summary>
/// <remarks>
/// <para>The same calls give the same bits on the same machine and thread count (CPU). Rows go through the model without padding outside
/// attention; a step's rows are divided into passes of similar length when they are more than <see cref="TorchOptions.MaxBatchTokens"/>.</para>
/// <para>Not safe for calls from two threads at once. Memory on the device: weights, gradient and two moments in float32, and the
/// activations of one pass.</para>
/// </remarks>
public sealed class TorchTrainer : IDecoderTrainer
{
    private readonly AdamWOptions _adamW;
    private readonly TorchDecoder _decoder;
    private readonly ThreadBudget? _budget;
    private readonly Tensor[] _first;
    private readonly Tensor[] _second;
    private int _steps;
    private bool _disposed;

    /// <summary>Makes a trainer with fresh optimizer state.</summary>
    /// <param name="weights">Start weights; copied.</param>
    /// <param name="adamW">Optimizer settings; null for the defaults.</param>
    /// <param name="options">Device and type of computation; null for float32 on CPU.</param>
    /// <param name="budget">Permits to work on, or null for none: as many as the library's threads on the CPU, for a step at a time.</param>
    /// <exception cref="RatchetException">A setting is out of range, or the library or device is not available.</exception>
    public TorchTrainer(DecoderWeights weights, AdamWOptions? adamW = null, TorchOptions? options = null, ThreadBudget? budget = null)
    {
        _budget = budget;
        _adamW = adamW ?? new AdamWOptions();
        if (_adamW.Validate() is { Count: > 0 } errors)
            throw new RatchetException("The trainer's options are invalid: " + string.Join(" ", errors), "Correct the learning section of the recipe.");
        _decoder = new TorchDecoder(weights, options, trainable: true);
        _first = [.. _decoder.Parameters.Values.Select(v => zeros_like(v).DetachFromDisposeScope())];
        _second = [.. _decoder.Parameters.Values.Select(v => zeros_like(v).DetachFromDisposeScope())];
    }

    /// <inheritdoc/>
    public DecoderConfig Config => _decoder.Config;

    /// <inheritdoc/>
    /// <exception cref="RatchetException">
    /// A row cannot be trained on (no target, an id outside the vocabulary, too long, a negative weight), all weights are 0, or loss or
    /// gradient are not finite. Weights and optimizer are unchanged then.
    /// </exception>
    public TrainingStepResult Step(IReadOnlyList<Example> rows, double learningRate)
    {
        if (!(learningRate >= 0 && double.IsFinite(learningRate)))
            throw new ArgumentOutOfRangeException(nameof(learningRate), learningRate, "A learning rate is finite and at least 0.");
        using var permits = _decoder.Enter(_budget);
        var (loss, norm, tokens) = Differentiate(rows);
        Update(norm, learningRate);
        return new TrainingStepResult(loss, norm, tokens);
    }

    /// <inheritdoc/>
    public double Loss(IReadOnlyList<Example> rows)
    {
        var total = CheckRows(rows, out _);
        using var permits = _decoder.Enter(_budget);
        using var noGrad = no_grad();
        var loss = 0.0;
        foreach (var pass in Passes(rows))
        {
            using var scope = NewDisposeScope();
            loss += PassLoss(pass, total).to(ScalarType.Float64).item<double>();
        }

        return loss;
    }

    /// <inheritdoc/>
    public IReadOnlyList<float[]> Score(IReadOnlyList<IReadOnlyList<int>> sequences)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        for (var i = 0; i < sequences.Count; i++)
            RowCheck.Ids(sequences[i], Config, $"Sequence {i}");
        using var permits = _decoder.Enter(_budget);
        return _decoder.Score(sequences);
    }

    /// <inheritdoc/>
    public DecoderWeights Export() => _decoder.Export();

    /// <inheritdoc/>
    public OptimizerState ExportOptimizer()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new OptimizerState(_steps, _decoder.Parameters.CopyOut(_first), _decoder.Parameters.CopyOut(_second));
    }

    /// <inheritdoc/>
    /// <exception cref="RatchetException">A weight's moments are missing or have the wrong length.</exception>
    public void Import(OptimizerState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        ObjectDisposedException.ThrowIf(_disposed, this);
        foreach (var (name, shape) in Config.WeightShapes())
        {
            var length = shape.Aggregate(1L, (a, b) => a * b);
            if (!Fits(state.FirstMoment) || !Fits(state.SecondMoment))
                throw new RatchetException($"The optimizer's state does not fit the model: moments of '{name}' are missing or have another length.", "Start with a fresh optimizer, or take the state that was saved with these weights.");

            bool Fits(IReadOnlyDictionary<string, float[]> moments) => moments.TryGetValue(name, out var values) && values.Length == length;
        }

        _decoder.Parameters.Copy(name => state.FirstMoment[name], _first);
        _decoder.Parameters.Copy(name => state.SecondMoment[name], _second);
        _steps = state.Steps;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        foreach (var tensor in _first.Concat(_second))
            tensor.Dispose();
        _decoder.Dispose();
    }

    /// <summary>The gradient of the loss by weight name, without a step; for tests.</summary>
    internal Dictionary<string, float[]> Gradient(IReadOnlyList<Example> rows)
    {
        Differentiate(rows);
        return _decoder.Parameters.CopyOut(_decoder.Parameters.Gradients);
    }

    private (double Loss, double Norm, int Tokens) Differentiate(IReadOnlyList<Example> rows)
    {
        var total = CheckRows(rows, out var tokens);

        // In-place calls return a new handle of the same tensor.
        using var outer = NewDisposeScope();
        foreach (var gradient in _decoder.Parameters.Gradients)
            gradient.zero_();
        var loss = 0.0;
        foreach (var pass in Passes(rows))
        {
            using var scope = NewDisposeScope();
            var part = PassLoss(pass, total);
            part.backward();
            loss += part.item<float>();
        }

        var norm = Math.Sqrt(_decoder.Parameters.Gradients.Sum(g => (g * g).sum(ScalarType.Float64).item<double>()));
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
        {
            throw new RatchetException(
                $"Training came to a {(double.IsFinite(loss) ? "gradient" : "loss")} that is not a finite number at optimizer step {_steps + 1} (loss {loss}, gradient norm {norm}).",
                "Lower the learning rate, lengthen the warm-up or set a smaller clip norm.");
        }

        return (loss, norm, tokens);
    }

    /// <summary>AdamW (Loshchilov and Hutter 2019, algorithm 2) on whole buffers; decay on matrices only.</summary>
    private void Update(double norm, double learningRate)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var t = ++_steps;

        // Each with a name that outlives its use: see TorchScalars.
        using Scalar clip = _adamW.ClipNorm / norm;
        using Scalar beta1 = _adamW.Beta1;
        using Scalar rest1 = 1 - _adamW.Beta1;
        using Scalar beta2 = _adamW.Beta2;
        using Scalar rest2 = 1 - _adamW.Beta2;
        using Scalar rootCorrection = 1 / Math.Sqrt(1 - Math.Pow(_adamW.Beta2, t));
        using Scalar epsilon = _adamW.Epsilon;
        using Scalar decay = 1 - (learningRate * _adamW.WeightDecay);
        using Scalar step = -learningRate / (1 - Math.Pow(_adamW.Beta1, t));
        for (var b = 0; b < _first.Length; b++)
        {
            var gradient = _decoder.Parameters.Gradients[b];
            var weights = _decoder.Parameters.Values[b];
            if (_adamW.ClipNorm > 0 && norm > _adamW.ClipNorm)
                gradient.mul_(clip);
            _first[b].mul_(beta1).add_(gradient, rest1);
            _second[b].mul_(beta2).addcmul_(gradient, gradient, rest2);
            var root = _second[b].sqrt().mul_(rootCorrection).add_(epsilon, TorchScalars.One);
            if (b == 0 && _adamW.WeightDecay > 0)
                weights.mul_(decay);
            weights.addcdiv_(_first[b], root, step);
        }
    }

    /// <summary>This pass's share of the loss: a sum over its targets, already divided by the step's sum of weights.</summary>
    private Tensor PassLoss(List<Example> rows, double totalWeight)
    {
        var targets = new List<long>();
        var scales = new List<float>();
        var keep = new List<long>();
        var start = 0;
        foreach (var row in rows)
        {
            for (var i = row.TargetStart; i < row.Ids.Count; i++)
            {
                if (!row.IsTarget(i))
                    continue;
                targets.Add(row.Ids[i]);
                scales.Add((float)(row.Weight / totalWeight));
                keep.Add(start + i - 1);
            }

            start += row.Ids.Count - 1;
        }

        var device = _decoder.Device;
        var batch = TorchBatch.Create(rows.ConvertAll(r => r.Ids), r => r.Count - 1, device);
        var hidden = _decoder.Forward(batch, keep.Count == start ? null : TorchBatch.Upload(keep.ToArray(), device));
        var scores = TorchDecoder.LogProbabilities(_decoder.Logits(hidden), TorchBatch.Upload(targets.ToArray(), device));
        return -(scores * TorchBatch.Upload(scales.ToArray(), device)).sum();
    }

    /// <summary>Rows with a weight, in groups of similar length.</summary>
    private IEnumerable<List<Example>> Passes(IReadOnlyList<Example> rows)
    {
        var used = rows.Where(r => r.Weight > 0).ToList();
        return TorchBatch.Group(used.ConvertAll(r => r.Ids.Count - 1), _decoder.PassTokens).Select(g => g.ConvertAll(i => used[i]));
    }

    private double CheckRows(IReadOnlyList<Example> rows, out int tokens)
    {
        ArgumentNullException.ThrowIfNull(rows);
        ObjectDisposedException.ThrowIf(_disposed, this);
        tokens = 0;
        var total = 0.0;
        foreach (var row in rows)
        {
            RowCheck.Row(row, Config);
            tokens += row.Ids.Count;
            total += (double)row.Weight * row.Targets;
        }

        if (!(total > 0))
            throw new RatchetException("A training step has no row with a weight above 0, so its loss is undefined.", "Leave out rows of weight 0, or give one of them a weight.");
        return total;
    }
}
