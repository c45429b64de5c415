using Ratchet.Models;

namespace Ratchet.Learning.Cpu;

/// <summary>Float32 master weights in the flat layout, with the packed copies that products read.</summary>
internal sealed unsafe class DecoderParameters : IDisposable
{
    private readonly NativeBuffer _values;
    private readonly PackedMatrix[] _packed;

    /// <summary>Copies weights in. <see cref="PackItem"/> must run for all items before a pass.</summary>
    public DecoderParameters(DecoderWeights weights)
    {
        Layout = new ParameterLayout(weights.Config);
        _values = new NativeBuffer(Layout.Length);
        foreach (var tensor in Layout.Tensors)
            weights[tensor.Name].AsSpan().CopyTo(new Span<float>(_values.Pointer + tensor.Offset, tensor.Length));
        _packed = [.. Layout.Products().Select(m => new PackedMatrix(m))];
        var byOffset = _packed.ToDictionary(m => m.Matrix.Offset);
        Blocks = [.. Layout.Blocks.Select(b => new PackedBlock(
            Of(b.Qkv), Of(b.Output), SwiGlu(b.FeedForward),
            b.Mixture is { } m ? new PackedMixture([.. m.Routers.Select(Of)], [.. m.Experts.Select(e => SwiGlu(e)!)], SwiGlu(m.Shared)) : null))];
        PackedMatrix Of(ParameterMatrix matrix) => byOffset[matrix.Offset];
        PackedSwiGlu? SwiGlu(SwiGluLayout? layer) => layer is null ? null : new PackedSwiGlu(Of(layer.GateUp), Of(layer.Down));
        Rotary = new RotaryTurns(weights.Config);
    }

    /// <summary>Where each weight lies.</summary>
    public ParameterLayout Layout { get; }

    /// <summary>Flat values.</summary>
    public float* Values => _values.Pointer;

    /// <summary>Cosines and sines of the rotary positions.</summary>
    public RotaryTurns Rotary { get; }

    /// <summary>Number of items that <see cref="PackItem"/> takes.</summary>
    public int PackItems => _packed.Length * 2;

    /// <summary>Packs one matrix in one direction; items may run at the same time.</summary>
    public void PackItem(int item) => _packed[item / 2].Pack(Values, item % 2 == 0);

    /// <summary>Packed matrices of each block.</summary>
    public PackedBlock[] Blocks { get; }

    /// <summary>Output head.</summary>
    public PackedMatrix Head => _packed[^1];

    /// <summary>Copies a flat buffer out by name.</summary>
    public Dictionary<string, float[]> CopyOut(float* flat)
    {
        var result = new Dictionary<string, float[]>(StringComparer.Ordinal);
        foreach (var tensor in Layout.Tensors)
            result.Add(tensor.Name, new ReadOnlySpan<float>(flat + tensor.Offset, tensor.Length).ToArray());
        return result;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _values.Dispose();
        foreach (var matrix in _packed)
            matrix.Dispose();
        Rotary.Dispose();
    }
}

/// <summary>A block's matrices; one of the last two is there.</summary>
internal sealed record PackedBlock(PackedMatrix Qkv, PackedMatrix Output, PackedSwiGlu? FeedForward, PackedMixture? Mixture);

/// <summary>A SwiGLU layer's matrices.</summary>
internal sealed record PackedSwiGlu(PackedMatrix GateUp, PackedMatrix Down);

/// <summary>A mixture's matrices; routers are one a round, or one for all.</summary>
internal sealed record PackedMixture(PackedMatrix[] Routers, PackedSwiGlu[] Experts, PackedSwiGlu? Shared);
