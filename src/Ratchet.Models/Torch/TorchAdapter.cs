using Ratchet.Loop;
using Ratchet.Models.Adapters;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace Ratchet.Models.Torch;

/// <summary>A low-rank adapter on a device, float32.</summary>
internal sealed class TorchAdapter : IDisposable
{
    private readonly LoraAdapter _adapter;
    private readonly Scalar _scaling;
    private readonly Dictionary<string, int> _numbers;
    private readonly List<TorchLowRank> _parts = [];

    public TorchAdapter(LoraAdapter adapter, Device device, bool trainable)
    {
        _adapter = adapter;
        _scaling = adapter.Options.Scaling;
        _numbers = adapter.Modules.Select((m, i) => (m.Weight, i)).ToDictionary(m => m.Weight, m => m.i, StringComparer.Ordinal);
        Buffers = new TorchBuffers(adapter.Shapes(), device, ScalarType.Float32, trainable);
        Buffers.Copy(name => adapter[name], Buffers.Values);
    }

    /// <summary>The adapter's tensors.</summary>
    public TorchBuffers Buffers { get; }

    /// <summary>A copy of the adapter as it is now.</summary>
    public LoraAdapter Export() => new(_adapter.Options, _adapter.Modules, Buffers.CopyOut(Buffers.Values));

    /// <summary>What the adapter adds to a matrix of the file, or null.</summary>
    /// <param name="name">Name of the matrix.</param>
    /// <param name="weight">Matrix on the device that it is part of.</param>
    /// <param name="row">Its first row in there.</param>
    public TorchLowRank? Find(string name, Tensor weight, long row)
    {
        if (_adapter.Find(name) is not { } module)
            return null;
        var part = new TorchLowRank(
            _numbers[name],
            row,
            module.Outputs,
            Buffers.Leaf([module.Down], module.Inputs),
            Buffers.Leaf([module.Up], _adapter.Options.Rank),
            _adapter.Options.Dora ? Buffers.Leaf([module.Magnitude]) : null,
            _adapter.Options.Dora ? SquaredLengths(weight.narrow(0, row, module.Outputs)) : null,
            _scaling);
        _parts.Add(part);
        return part;
    }

    public void Dispose()
    {
        Buffers.Dispose();
        _scaling.Dispose();
        foreach (var part in _parts)
            part.SquaredLengths?.Dispose();
    }

    private static Tensor SquaredLengths(Tensor matrix)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var own = matrix;
        var wide = own.to(ScalarType.Float32);
        return (wide * wide).sum(-1).DetachFromDisposeScope();
    }
}

/// <summary>What an adapter adds to some rows of a matrix W.</summary>
/// <param name="Number">Number of the adapted matrix within the adapter, which names its random streams.</param>
/// <param name="Row">First of the rows.</param>
/// <param name="Rows">Number of rows.</param>
/// <param name="Down">First factor, [rank, in].</param>
/// <param name="Up">Second factor, [rows, rank].</param>
/// <param name="Magnitude">DoRA's lengths, [rows], or null.</param>
/// <param name="SquaredLengths">Squared length of each row of W, [rows]; with lengths only.</param>
/// <param name="Scaling">Factor on the product of the two factors.</param>
internal sealed record TorchLowRank(int Number, long Row, long Rows, Tensor Down, Tensor Up, Tensor? Magnitude, Tensor? SquaredLengths, Scalar Scaling)
{
    /// <summary>The adapted product, [N, rows], in the type of computation.</summary>
    /// <param name="weight">The rows of W, in the type of computation.</param>
    /// <param name="input">Inputs, [N, in], in the type of computation.</param>
    /// <param name="plain">The rows' product without the adapter.</param>
    /// <param name="dropout">Dropout of this pass, or null.</param>
    public Tensor Apply(Tensor weight, Tensor input, Tensor plain, TorchDropout? dropout)
    {
        var seen = dropout?.Apply(input, Number) ?? input;
        var change = F.linear(F.linear(seen, Down.to(input.dtype)), Up.to(input.dtype));
        if (Magnitude is null)
            return plain.add(change, Scaling);

        // DoRA section 4.3: the length of the changed row counts as a constant. Under dropout the whole change is that of the input with zeros, as in PEFT.
        var factor = (Magnitude / Lengths(weight)).to(input.dtype);
        if (ReferenceEquals(seen, input))
            return plain.add(change, Scaling) * factor;
        var dropped = F.linear(seen, weight);
        return (plain - dropped).Plus(dropped.add(change, Scaling) * factor);
    }

    /// <summary>
    /// Lengths of the rows of W + s · up · down without that product: |W|² + 2 s (W down' ∘ up) + s² (up (down down') ∘ up), summed along rows.
    /// </summary>
    private Tensor Lengths(Tensor weight)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var wide = weight.to(ScalarType.Float32);
        var across = (wide.matmul(Down.t()) * Up).sum(-1).mul(Scaling).mul(TorchScalars.Two);
        var own = (Up.matmul(Down.matmul(Down.t())) * Up).sum(-1).mul(Scaling).mul(Scaling);
        return SquaredLengths!.Plus(across).Plus(own).clamp_min(TorchScalars.Tiny).sqrt().MoveToOuterDisposeScope();
    }
}

/// <summary>Dropout whose zeros follow from a stream and the adapted matrix alone: a pass that is computed again drops the same.</summary>
internal sealed class TorchDropout : IDisposable
{
    private readonly RandomStream _stream;
    private readonly Scalar _share;
    private readonly Scalar _factor;

    /// <summary>Makes the dropout of one pass.</summary>
    /// <param name="share">Share of zeros, in (0, 1).</param>
    /// <param name="stream">Stream of the pass.</param>
    public TorchDropout(double share, RandomStream stream)
    {
        _stream = stream;
        _share = share;
        _factor = 1 / (1 - share);
    }

    /// <summary>The input with some elements zero and the others scaled up, so that the mean stays.</summary>
    public Tensor Apply(Tensor input, int number)
    {
        using var scope = NewDisposeScope();

        // Drawn on the CPU: the same elements on every device, and TorchSharp's generators are of the CPU whatever device they are asked for.
        using var generator = new Generator(_stream.Derive(number).NextUInt64(), CPU);
        var kept = rand(input.shape, dtype: ScalarType.Float32, device: CPU, generator: generator).ge(_share).to(input.device);
        return (input * kept.to(input.dtype)).mul(_factor).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        _share.Dispose();
        _factor.Dispose();
    }
}
