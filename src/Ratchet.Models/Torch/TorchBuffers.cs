using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Ratchet.Models.Torch;

/// <summary>
/// Named tensors on a device in two flat buffers: matrices (which weight decay applies to) and vectors. The tensors that a model
/// computes with are views of them, so one optimizer call covers a whole buffer and the global norm is two reductions.
/// </summary>
/// <remarks>
/// Trainable: both buffers are float32, each view is a leaf of the graph, and its gradient is a view of a flat gradient, into which
/// backward adds in place.
/// </remarks>
internal sealed class TorchBuffers : IDisposable
{
    private readonly List<string> _order = [];
    private readonly Dictionary<string, (int Buffer, long Offset, long Length)> _places = new(StringComparer.Ordinal);
    private readonly List<Tensor> _owned = [];
    private readonly Tensor[] _values = new Tensor[2];
    private readonly Tensor[] _gradients = [];

    /// <summary>Makes buffers for tensors, with elements still to come.</summary>
    /// <param name="shapes">Names and shapes; a tensor of two dimensions is a matrix.</param>
    /// <param name="device">Device.</param>
    /// <param name="matrices">Type of the matrices; float32 where trainable. Vectors are float32.</param>
    /// <param name="trainable">Makes gradients.</param>
    public TorchBuffers(IEnumerable<(string Name, int[] Shape)> shapes, Device device, ScalarType matrices, bool trainable)
    {
        using var noGrad = no_grad();
        var lengths = new long[2];
        foreach (var (name, shape) in shapes)
        {
            var buffer = shape.Length == 2 ? 0 : 1;
            var length = shape.Aggregate(1L, (a, b) => a * b);
            _order.Add(name);
            _places.Add(name, (buffer, lengths[buffer], length));
            lengths[buffer] += length;
        }

        for (var b = 0; b < 2; b++)
            _values[b] = Own(empty(lengths[b], dtype: b == 0 ? matrices : ScalarType.Float32, device: device));
        if (trainable)
            _gradients = [Own(zeros_like(_values[0])), Own(zeros_like(_values[1]))];
    }

    /// <summary>Names in their order, each with its number of elements.</summary>
    public IEnumerable<(string Name, long Length)> Names => _order.Select(n => (n, _places[n].Length));

    /// <summary>Number of elements of a tensor.</summary>
    public long LengthOf(string name) => _places[name].Length;

    /// <summary>The flat buffers: matrices, then vectors.</summary>
    public IReadOnlyList<Tensor> Values => _values;

    /// <summary>The flat gradients in the same order; empty where not trainable.</summary>
    public IReadOnlyList<Tensor> Gradients => _gradients;

    /// <summary>Copies tensors by name into flat buffers laid out like <see cref="Values"/>.</summary>
    public void Copy(Func<string, float[]> source, IReadOnlyList<Tensor> buffers) => PackingThreads.ForEach(_order, _places.Values.Sum(p => p.Length), name =>
    {
        TorchNative.UseThreads();
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var (buffer, offset, length) = _places[name];
        var host = empty(length, dtype: ScalarType.Float32);
        MemoryMarshal.AsBytes(source(name).AsSpan()).CopyTo(host.bytes);
        buffers[buffer].narrow(0, offset, length).copy_(host);
    });

    /// <summary>Copies flat buffers out by name, float32.</summary>
    public Dictionary<string, float[]> CopyOut(IReadOnlyList<Tensor> buffers)
    {
        using var noGrad = no_grad();
        var result = new Dictionary<string, float[]>(StringComparer.Ordinal);
        foreach (var name in _order)
        {
            using var scope = NewDisposeScope();
            var (buffer, offset, length) = _places[name];
            result.Add(name, ToArray(buffers[buffer].narrow(0, offset, length)));
        }

        return result;
    }

    /// <summary>A view over neighbouring tensors; [sum of rows, columns], or a vector where columns is 0. A leaf where trainable.</summary>
    public Tensor Leaf(string[] names, long columns = 0)
    {
        var (buffer, offset, _) = _places[names[0]];
        var length = names.Sum(n => _places[n].Length);
        long[] shape = columns == 0 ? [length] : [length / columns, columns];
        var leaf = Own(View(_values[buffer]));
        if (_gradients.Length > 0)
        {
            leaf.requires_grad = true;
            leaf.grad = Own(View(_gradients[buffer]));
        }

        return leaf;

        Tensor View(Tensor flat)
        {
            using var part = flat.narrow(0, offset, length);
            using var shaped = part.view(shape);
            return shaped.detach();
        }
    }

    /// <summary>A tensor's elements as float32 in host memory.</summary>
    public static float[] ToArray(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        var host = tensor.detach().to(ScalarType.Float32).cpu().contiguous();
        return MemoryMarshal.Cast<byte, float>(host.bytes).ToArray();
    }

    public void Dispose()
    {
        foreach (var tensor in _owned)
            tensor.Dispose();
        _owned.Clear();
    }

    private Tensor Own(Tensor tensor)
    {
        _owned.Add(tensor.DetachFromDisposeScope());
        return tensor;
    }
}
