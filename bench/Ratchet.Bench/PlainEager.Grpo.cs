using Ratchet.Examples;
using Ratchet.Models.Torch;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

/// <content>Group relative policy optimization as a tutorial writes it: padded rows, log-probabilities of whole sequences, one graph a minibatch.</content>
internal sealed partial class PlainEager
{
    /// <summary>Log-probability of every id after the first of padded rows, in parts of so many rows; [row][id - 1], padding included.</summary>
    public float[][] LogProbabilities(IReadOnlyList<Example> rows, int part)
    {
        using var noGrad = inference_mode();
        var result = new List<float[]>();
        foreach (var some in rows.Chunk(part))
        {
            using var scope = NewDisposeScope();
            var (ids, targets, _) = Pad(some);
            var log = Chosen(ids, targets);
            var flat = log.contiguous().data<float>().ToArray();
            var width = (int)log.shape[1];
            result.AddRange(Enumerable.Range(0, some.Length).Select(r => flat.AsSpan(r * width, width).ToArray()));
        }

        return [.. result];
    }

    /// <summary>One optimizer step: clipped ratio times advantage and β · k3, the mean over the targets of the minibatch. Returns the loss.</summary>
    public double GrpoStep(IReadOnlyList<Example> rows, float[] advantages, float[][] old, float[][] reference, double clip, double beta, double learningRate)
    {
        using var scope = NewDisposeScope();
        foreach (var group in _optimizer.ParamGroups)
            group.LearningRate = learningRate;
        _optimizer.zero_grad();
        var loss = GrpoLoss(rows, advantages, old, reference, clip, beta);
        loss.backward();
        nn.utils.clip_grad_norm_(_model.parameters(), 1.0);
        _optimizer.step();
        return loss.item<float>();
    }

    /// <summary>The loss of <see cref="GrpoStep"/>.</summary>
    public Tensor GrpoLoss(IReadOnlyList<Example> rows, float[] advantages, float[][] old, float[][] reference, double clip, double beta)
    {
        using Scalar low = 1 - clip;
        using Scalar high = 1 + clip;
        using Scalar factor = beta;
        using Scalar minus = -1.0;
        var (ids, targets, mask) = Pad(rows);
        var width = (int)ids.shape[1];
        var log = Chosen(ids, targets);
        var change = log.Plus(-Fit(old, width));
        var ratio = change.exp();
        var advantage = tensor(advantages).unsqueeze(1);
        var surrogate = minimum(ratio * advantage, ratio.clamp(low, high) * advantage);
        var s = log.Plus(-Fit(reference, width));
        var k3 = (-s).exp().Plus(s).add(minus, TorchScalars.One);
        var each = k3.mul(factor).Plus(-surrogate);
        return (each * mask).sum() / mask.sum();
    }

    private Tensor Chosen(Tensor ids, Tensor targets) => F.log_softmax(_model.forward(ids, null), -1).gather(2, targets.unsqueeze(2)).squeeze(2);

    private static (Tensor Ids, Tensor Targets, Tensor Mask) Pad(IReadOnlyList<Example> rows)
    {
        var width = rows.Max(r => r.Ids.Count) - 1;
        var ids = new long[rows.Count * width];
        var targets = new long[rows.Count * width];
        var mask = new float[rows.Count * width];
        for (var r = 0; r < rows.Count; r++)
        {
            for (var i = 0; i + 1 < rows[r].Ids.Count; i++)
            {
                ids[(r * width) + i] = rows[r].Ids[i];
                targets[(r * width) + i] = rows[r].Ids[i + 1];
                mask[(r * width) + i] = i + 1 >= rows[r].TargetStart ? 1 : 0;
            }
        }

        return (tensor(ids).view(rows.Count, width), tensor(targets).view(rows.Count, width), tensor(mask).view(rows.Count, width));
    }

    /// <summary>Rows of numbers cut or filled to a width.</summary>
    private static Tensor Fit(float[][] rows, int width)
    {
        var flat = new float[rows.Length * width];
        for (var r = 0; r < rows.Length; r++)
            rows[r].AsSpan(0, Math.Min(width, rows[r].Length)).CopyTo(flat.AsSpan(r * width));
        return tensor(flat).view(rows.Length, width);
    }
}
