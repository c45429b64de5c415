using Ratchet.Examples;
using Ratchet.Learning.Objectives;
using Ratchet.Models.Torch;
using TorchSharp;
using static TorchSharp.torch;

namespace Ratchet.Learning;

/// <content>
/// Steps on objectives. Where all rows fit into one pass the graph waits for the objective; else all passes go forward without one, and again with one after it.
/// </content>
public sealed partial class TorchTrainer
{
    /// <inheritdoc/>
    public TrainingStepResult Step(IReadOnlyList<Example> rows, ITokenObjective objective, double learningRate)
    {
        if (!(learningRate >= 0 && double.IsFinite(learningRate)))
            throw new ArgumentOutOfRangeException(nameof(learningRate), learningRate, "A learning rate is finite and at least 0.");
        using var permits = _decoder.Enter(_budget);
        var (loss, balance, norm) = Differentiate(rows, objective);
        Update(norm, learningRate);
        return new TrainingStepResult(loss, norm, rows.Sum(r => r.Ids.Count)) { BalanceLoss = balance };
    }

    /// <inheritdoc/>
    public TokenBatch Forward(IReadOnlyList<Example> rows, TokenQuantities quantities, double temperature = 1, IReadOnlyList<float[]>? references = null)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        RowCheck.Quantities(quantities, temperature, references, rows, Config);
        using var permits = _decoder.Enter(_budget);
        using var noGrad = no_grad();
        var batch = new TokenBatch(rows, quantities);
        foreach (var group in Groups(rows))
        {
            using var scope = NewDisposeScope();
            var pass = new TokenPass(this, rows, group);
            pass.Fill(batch, pass.Numbers(_decoder.Forward(pass.Batch, pass.Keep), quantities, temperature, references));
        }

        return batch;
    }

    /// <inheritdoc/>
    public IReadOnlyList<float[]> Distributions(IReadOnlyList<Example> rows, double temperature = 1)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        RowCheck.Quantities(TokenQuantities.LogProbability, temperature, null, rows, Config);
        using var permits = _decoder.Enter(_budget);
        using var noGrad = no_grad();
        var result = new float[rows.Count][];
        for (var r = 0; r < result.Length; r++)
            result[r] = new float[(rows[r].Ids.Count - rows[r].TargetStart) * (long)Config.VocabularySize];
        foreach (var group in Groups(rows))
        {
            using var scope = NewDisposeScope();
            var pass = new TokenPass(this, rows, group);
            var all = TorchBuffers.ToArray(pass.AllLogProbabilities(_decoder.Forward(pass.Batch, pass.Keep), temperature));
            var width = Config.VocabularySize;
            for (var n = 0; n < pass.Places.Count; n++)
                all.AsSpan(n * width, width).CopyTo(result[pass.Places[n].Row].AsSpan(pass.Places[n].Place * width));
        }

        return result;
    }

    /// <summary>The gradient of an objective by weight name, without a step; for tests.</summary>
    internal Dictionary<string, float[]> Gradient(IReadOnlyList<Example> rows, ITokenObjective objective)
    {
        Differentiate(rows, objective);
        return _trained.CopyOut(_trained.Gradients);
    }

    private (double Loss, double Balance, double Norm) Differentiate(IReadOnlyList<Example> rows, ITokenObjective objective)
    {
        ArgumentNullException.ThrowIfNull(objective);
        ObjectDisposedException.ThrowIf(_disposed, this);
        RowCheck.Quantities(objective.Quantities, objective.Temperature, objective.References, rows, Config);
        using var outer = NewDisposeScope();
        foreach (var gradient in _trained.Gradients)
            gradient.zero_();
        var batch = new TokenBatch(rows, objective.Quantities);
        var groups = Groups(rows).ToList();
        double loss = 0, balance = 0;
        if (groups.Count == 1 && !_decoder.GradientCheckpointing)
        {
            var pass = new TokenPass(this, rows, groups[0]);
            using var dropout = Drop(0);
            balance = Route(pass, rows.Count, hidden =>
            {
                var numbers = pass.Numbers(hidden, objective.Quantities, objective.Temperature, objective.References);
                pass.Fill(batch, numbers);
                loss = objective.Evaluate(batch);
                return pass.Surrogate(batch, numbers);
            });
            return (loss, balance, Norm(loss));
        }

        using (no_grad())
        {
            for (var g = 0; g < groups.Count; g++)
            {
                using var scope = NewDisposeScope();
                using var dropout = Drop(g);
                var pass = new TokenPass(this, rows, groups[g]);
                pass.Fill(batch, pass.Numbers(_decoder.Forward(pass.Batch, pass.Keep), objective.Quantities, objective.Temperature, objective.References));
            }
        }

        loss = objective.Evaluate(batch);
        for (var g = 0; g < groups.Count; g++)
        {
            using var scope = NewDisposeScope();
            using var dropout = Drop(g);
            var pass = new TokenPass(this, rows, groups[g]);
            Tensor Surrogate(Tensor hidden) => pass.Surrogate(batch, pass.Numbers(hidden, objective.Quantities, objective.Temperature, objective.References));
            if (_decoder.GradientCheckpointing)
                _decoder.BackwardByBlocks(pass.Batch, pass.Keep, Surrogate);
            else
                balance += Route(pass, rows.Count, Surrogate);
        }

        return (loss, balance, Norm(loss));
    }

    /// <summary>Forward, and backward from what a function makes of the hidden states, with a mixture's balance loss; gives the latter.</summary>
    private double Route(TokenPass pass, int used, Func<Tensor, Tensor> surrogate)
    {
        var routing = Config.Mixture is { BalanceWeight: > 0 } mixture
            ? new TorchRouting(mixture, [.. pass.Rows.Select(r => r.Ids.Count - 1)], [.. pass.Rows.Select(r => r.Ids.Count - r.TargetStart)], _decoder.Device)
            : null;
        _decoder.Routing = routing;
        try
        {
            var value = surrogate(_decoder.Forward(pass.Batch, pass.Keep));
            using Scalar factor = (Config.Mixture?.BalanceWeight ?? 0) / used;
            var balance = routing?.Loss?.mul(factor);
            (balance is null ? value : value.Plus(balance)).backward();
            return balance?.item<float>() ?? 0;
        }
        finally
        {
            _decoder.Routing = null;
        }
    }

    /// <summary>Sets the adapter's dropout of a pass; the same masks each time in a step.</summary>
    private DropoutScope Drop(int pass)
    {
        var dropout = _lora is { Adapter.Options.Dropout: > 0 and var share } lora ? new TorchDropout(share, lora.Dropout.Derive(_steps).Derive(pass)) : null;
        _decoder.Dropout = dropout;
        return new DropoutScope(_decoder, dropout);
    }

    private IEnumerable<List<int>> Groups(IReadOnlyList<Example> rows) => TorchBatch.Group([.. rows.Select(r => r.Ids.Count - 1)], _decoder.PassTokens);

    private readonly struct DropoutScope(TorchDecoder decoder, TorchDropout? dropout) : IDisposable
    {
        public void Dispose()
        {
            decoder.Dropout = null;
            dropout?.Dispose();
        }
    }

    /// <summary>Numbers at the targets of a pass, [T] each, in the order of its places; null where not asked for.</summary>
    private readonly record struct TokenTensors(Tensor? LogProbabilities, Tensor? Entropies, Tensor? Divergences, Tensor? Values);

    /// <summary>Rows that go through the model together, on the device. Its tensors belong to the dispose scope that it was made in.</summary>
    private sealed class TokenPass
    {
        private readonly TorchTrainer _trainer;
        private readonly Tensor _targets;

        public TokenPass(TorchTrainer trainer, IReadOnlyList<Example> rows, List<int> group)
        {
            _trainer = trainer;
            Rows = group.ConvertAll(r => rows[r]);
            var targets = new List<long>();
            var keep = new List<long>();
            var start = 0;
            foreach (var r in group)
            {
                var row = rows[r];
                for (var i = row.TargetStart; i < row.Ids.Count; i++)
                {
                    if (!row.IsTarget(i))
                        continue;
                    targets.Add(row.Ids[i]);
                    keep.Add(start + i - 1);
                    Places.Add((r, i - row.TargetStart));
                }

                start += row.Ids.Count - 1;
            }

            var device = trainer._decoder.Device;
            Batch = TorchBatch.Create(Rows.ConvertAll(r => r.Ids), r => r.Count - 1, device);
            _targets = TorchBatch.Upload(targets.ToArray(), device);
            Keep = keep.Count == start ? null : TorchBatch.Upload(keep.ToArray(), device);
        }

        public List<Example> Rows { get; }

        /// <summary>Row of the step and place in it of each target.</summary>
        public List<(int Row, int Place)> Places { get; } = [];

        public TorchBatch Batch { get; }

        public Tensor? Keep { get; }

        public Tensor AllLogProbabilities(Tensor hidden, double temperature)
        {
            var logits = _trainer._decoder.Logits(hidden);
            if (temperature != 1)
            {
                using Scalar inverse = 1 / temperature;
                logits = logits.mul(inverse);
            }

            return nn.functional.log_softmax(logits, -1);
        }

        public TokenTensors Numbers(Tensor hidden, TokenQuantities quantities, double temperature, IReadOnlyList<float[]>? references)
        {
            if (_trainer.Config.ScalarHead)
                return new TokenTensors(null, null, null, _trainer._decoder.Logits(hidden).squeeze(1));
            var all = AllLogProbabilities(hidden, temperature);
            var chosen = quantities.HasFlag(TokenQuantities.LogProbability) ? all.gather(1, _targets.unsqueeze(1)).squeeze(1) : null;
            Tensor? entropy = null, divergence = null;
            if (quantities.HasFlag(TokenQuantities.Entropy))
                entropy = -(all.exp() * all).sum(1);
            if (quantities.HasFlag(TokenQuantities.Divergence))
                divergence = (all.exp() * all.Plus(-References(references!))).sum(1);
            return new TokenTensors(chosen, entropy, divergence, null);
        }

        public void Fill(TokenBatch batch, TokenTensors numbers)
        {
            Copy(numbers.LogProbabilities, batch.LogProbabilities);
            Copy(numbers.Entropies, batch.Entropies);
            Copy(numbers.Divergences, batch.Divergences);
            Copy(numbers.Values, batch.Values);

            void Copy(Tensor? tensor, float[][] target)
            {
                if (tensor is null)
                    return;
                var values = TorchBuffers.ToArray(tensor);
                for (var n = 0; n < values.Length; n++)
                    target[Places[n].Row][Places[n].Place] = values[n];
            }
        }

        /// <summary>A number whose gradient is the loss's: the sum of numbers times the loss's derivatives by them.</summary>
        public Tensor Surrogate(TokenBatch batch, TokenTensors numbers)
        {
            Tensor? sum = null;
            Add(numbers.LogProbabilities, batch.LogProbabilityGradients);
            Add(numbers.Entropies, batch.EntropyGradients);
            Add(numbers.Divergences, batch.DivergenceGradients);
            Add(numbers.Values, batch.ValueGradients);
            return sum!;

            void Add(Tensor? tensor, float[][] gradients)
            {
                if (tensor is null)
                    return;
                var factors = new float[Places.Count];
                for (var n = 0; n < factors.Length; n++)
                    factors[n] = gradients[Places[n].Row][Places[n].Place];
                var part = (tensor * TorchBatch.Upload(factors, _trainer._decoder.Device)).sum();
                sum = sum is null ? part : sum.Plus(part);
            }
        }

        private Tensor References(IReadOnlyList<float[]> references)
        {
            var width = _trainer.Config.VocabularySize;
            var all = new float[Places.Count * (long)width];
            for (var n = 0; n < Places.Count; n++)
                references[Places[n].Row].AsSpan(Places[n].Place * width, width).CopyTo(all.AsSpan(n * width));
            return TorchBatch.Upload(all, _trainer._decoder.Device).view(Places.Count, width);
        }
    }
}
