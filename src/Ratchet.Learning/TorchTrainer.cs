using Ratchet.Examples;
using Ratchet.Loop;
using Ratchet.Models;
using Ratchet.Models.Adapters;
using Ratchet.Models.Torch;
using Ratchet.Runs;
using TorchSharp;
using static TorchSharp.torch;

namespace Ratchet.Learning;

/// <summary>
/// Trains a decoder, or a low-rank adapter beside it, on the tensor library: any device, float32 or bfloat16 products with float32 weights, gradients by
/// the library, AdamW by the same formula as <see cref="CpuTrainer"/>.
/// </summary>
/// <remarks>
/// <para>The same calls give the same bits on the same machine and thread count (CPU). Rows go through the model without padding outside
/// attention; a step's rows are divided into passes of similar length when they are more than <see cref="TorchOptions.MaxBatchTokens"/>, whose
/// gradients are added: each target counts as it would in one pass, whatever pass it is in.</para>
/// <para>Not safe for calls from two threads at once. Memory on the device: weights, gradient and two moments in float32, and the
/// activations of one pass. Under an adapter gradient and moments are those of the adapter, and the model's matrices are in the type of computation.</para>
/// </remarks>
public sealed partial class TorchTrainer : IDecoderTrainer
{
    private readonly AdamWOptions _adamW;
    private readonly TorchDecoder _decoder;
    private readonly ThreadBudget? _budget;
    private readonly Tensor[] _first;
    private readonly Tensor[] _second;
    private readonly LoraTraining? _lora;
    private readonly TorchBuffers _trained;
    private int _steps;
    private bool _disposed;

    /// <summary>Makes a trainer with fresh optimizer state.</summary>
    /// <param name="weights">Start weights; copied.</param>
    /// <param name="adamW">Optimizer settings; null for the defaults.</param>
    /// <param name="options">Device and type of computation; null for float32 on CPU.</param>
    /// <param name="budget">Permits to work on, or null for none: as many as the library's threads on the CPU, for a step at a time.</param>
    /// <param name="lora">Adapter to train in place of the weights, or null.</param>
    /// <exception cref="RatchetException">A setting is out of range, gradient checkpointing meets a balance loss, or the library or device is not available.</exception>
    public TorchTrainer(DecoderWeights weights, AdamWOptions? adamW = null, TorchOptions? options = null, ThreadBudget? budget = null, LoraTraining? lora = null)
    {
        _budget = budget;
        _adamW = adamW ?? new AdamWOptions();
        if (_adamW.Validate() is { Count: > 0 } errors)
            throw new RatchetException("The trainer's options are invalid: " + string.Join(" ", errors), "Correct the learning section of the recipe.");
        if (options is { GradientCheckpointing: true } && weights.Config.Mixture is { BalanceWeight: > 0 })
            throw new RatchetException("Gradient checkpointing cannot carry a mixture's balance loss.", "Set gradient_checkpointing to false, or the model's aux_loss_alpha (router_aux_loss_coef) to 0.");
        _lora = lora;
        _decoder = new TorchDecoder(weights, options, trainable: true, lora?.Adapter);
        _trained = _decoder.Parameters.Trained;
        _first = [.. _trained.Values.Select(v => zeros_like(v).DetachFromDisposeScope())];
        _second = [.. _trained.Values.Select(v => zeros_like(v).DetachFromDisposeScope())];
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
        var (loss, balance, norm, tokens) = Differentiate(rows);
        Update(norm, learningRate);
        return new TrainingStepResult(loss, norm, tokens) { BalanceLoss = balance };
    }

    /// <inheritdoc/>
    public double Loss(IReadOnlyList<Example> rows)
    {
        return Losses(rows).Loss;
    }

    /// <inheritdoc/>
    public RoutingTrace Trace(IReadOnlyList<IReadOnlyList<int>> sequences)
    {
        using var permits = _decoder.Enter(_budget);
        return _decoder.Trace(sequences);
    }

    /// <inheritdoc/>
    public IReadOnlyList<float[]> Score(IReadOnlyList<IReadOnlyList<int>> sequences)
    {
        ArgumentNullException.ThrowIfNull(sequences);
        Config.ThrowIfScalarHead();
        for (var i = 0; i < sequences.Count; i++)
            RowCheck.Ids(sequences[i], Config, $"Sequence {i}");
        using var permits = _decoder.Enter(_budget);
        return _decoder.Score(sequences);
    }

    /// <inheritdoc/>
    /// <remarks>Under an adapter, the model's weights with the adapter worked in.</remarks>
    public DecoderWeights Export() => _decoder.Export();

    /// <inheritdoc/>
    public void CopyTo(DecoderWeights target)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (target.Config != Config)
            throw new ArgumentException("The weights have another shape than the model.", nameof(target));
        var weights = Export();
        foreach (var (name, _) in Config.WeightShapes())
            weights[name].CopyTo(target[name], 0);
    }

    /// <inheritdoc/>
    public LoraAdapter? ExportAdapter()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _decoder.Parameters.ExportAdapter();
    }

    /// <inheritdoc/>
    public OptimizerState ExportOptimizer()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new OptimizerState(_steps, _trained.CopyOut(_first), _trained.CopyOut(_second));
    }

    /// <inheritdoc/>
    /// <exception cref="RatchetException">A weight's moments are missing or have the wrong length.</exception>
    public void Import(OptimizerState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        ObjectDisposedException.ThrowIf(_disposed, this);
        foreach (var (name, length) in _trained.Names)
        {
            if (!Fits(state.FirstMoment) || !Fits(state.SecondMoment))
                throw new RatchetException($"The optimizer's state does not fit the model: moments of '{name}' are missing or have another length.", "Start with a fresh optimizer, or take the state that was saved with these weights.");

            bool Fits(IReadOnlyDictionary<string, float[]> moments) => moments.TryGetValue(name, out var values) && values.Length == length;
        }

        _trained.Copy(name => state.FirstMoment[name], _first);
        _trained.Copy(name => state.SecondMoment[name], _second);
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
        return _trained.CopyOut(_trained.Gradients);
    }

    /// <summary>Both parts of what a step minimises, without a step.</summary>
    internal (double Loss, double Balance) Losses(IReadOnlyList<Example> rows)
    {
        var total = CheckRows(rows, out _);
        using var permits = _decoder.Enter(_budget);
        using var noGrad = no_grad();
        double loss = 0, balance = 0;
        foreach (var pass in Passes(rows))
        {
            using var scope = NewDisposeScope();
            var (part, routing) = PassLoss(pass, total, Used(rows));
            loss += part.to(ScalarType.Float64).item<double>();
            balance += routing?.to(ScalarType.Float64).item<double>() ?? 0;
        }

        return (loss, balance);
    }

    private (double Loss, double Balance, double Norm, int Tokens) Differentiate(IReadOnlyList<Example> rows)
    {
        var total = CheckRows(rows, out var tokens);

        // In-place calls return a new handle of the same tensor.
        using var outer = NewDisposeScope();
        foreach (var gradient in _trained.Gradients)
            gradient.zero_();
        double loss = 0, balance = 0;
        var number = 0;
        foreach (var pass in Passes(rows))
        {
            using var scope = NewDisposeScope();
            using var dropout = _lora is { Adapter.Options.Dropout: > 0 and var share } lora ? new TorchDropout(share, lora.Dropout.Derive(_steps).Derive(number)) : null;
            number++;
            _decoder.Dropout = dropout;
            try
            {
                var (part, routing) = BackwardPass(pass, total, Used(rows));
                loss += part;
                balance += routing;
            }
            finally
            {
                _decoder.Dropout = null;
            }
        }

        return (loss, balance, Norm(loss), tokens);
    }

    /// <summary>The norm of the gradient.</summary>
    private double Norm(double loss)
    {
        using var scope = NewDisposeScope();
        var norm = Math.Sqrt(_trained.Gradients.Sum(g => (g * g).sum(ScalarType.Float64).item<double>()));
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
        {
            throw new RatchetException(
                $"Training came to a {(double.IsFinite(loss) ? "gradient" : "loss")} that is not a finite number at optimizer step {_steps + 1} (loss {loss}, gradient norm {norm}).",
                "Lower the learning rate, lengthen the warm-up or set a smaller clip norm.");
        }

        return norm;
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
            var gradient = _trained.Gradients[b];
            var weights = _trained.Values[b];
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

    /// <summary>Adds the gradient of a pass, and gives its share of the loss.</summary>
    private (double Loss, double Balance) BackwardPass(List<Example> rows, double totalWeight, int used)
    {
        if (_decoder.GradientCheckpointing)
        {
            var (batch, keep, loss) = Prepare(rows, totalWeight);
            return (_decoder.BackwardByBlocks(batch, keep, loss), 0);
        }

        var (part, routing) = PassLoss(rows, totalWeight, used);
        (routing is null ? part : part.Plus(routing)).backward();
        return (part.item<float>(), routing?.item<float>() ?? 0);
    }

    /// <summary>
    /// This pass's share of the loss: a sum over its targets, already divided by the step's sum of weights. And its share of the balance loss: a mean over
    /// the step's <paramref name="used"/> rows.
    /// </summary>
    private (Tensor Loss, Tensor? Balance) PassLoss(List<Example> rows, double totalWeight, int used)
    {
        var (batch, keep, loss) = Prepare(rows, totalWeight);
        var routing = Config.Mixture is { BalanceWeight: > 0 } mixture
            ? new TorchRouting(mixture, rows.ConvertAll(r => r.Ids.Count - 1), rows.ConvertAll(r => r.Ids.Count - r.TargetStart), _decoder.Device)
            : null;
        _decoder.Routing = routing;
        try
        {
            var value = loss(_decoder.Forward(batch, keep));
            using Scalar factor = (Config.Mixture?.BalanceWeight ?? 0) / used;
            return (value, routing?.Loss?.mul(factor));
        }
        finally
        {
            _decoder.Routing = null;
        }
    }

    /// <summary>
    /// A pass on the device: its rows, the tokens whose hidden states are wanted, and from these to the pass's share of the loss, a sum over its targets,
    /// already divided by the step's sum of weights.
    /// </summary>
    private (TorchBatch Batch, Tensor? Keep, Func<Tensor, Tensor> Loss) Prepare(List<Example> rows, double totalWeight)
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
        var wanted = TorchBatch.Upload(targets.ToArray(), device);
        var factors = TorchBatch.Upload(scales.ToArray(), device);
        return (batch, keep.Count == start ? null : TorchBatch.Upload(keep.ToArray(), device), Loss);

        Tensor Loss(Tensor hidden) => -(TorchDecoder.LogProbabilities(_decoder.Logits(hidden), wanted) * factors).sum();
    }

    private static int Used(IReadOnlyList<Example> rows) => rows.Count(r => r.Weight > 0);

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
        Config.ThrowIfScalarHead();
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
