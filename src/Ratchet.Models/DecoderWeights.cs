using Ratchet.Loop;

namespace Ratchet.Models;

/// <summary>The weights of a decoder, float32, by Hugging Face name: in managed memory, or read as they are asked for (<see cref="CheckpointStore.ReadWeights"/>).</summary>
public sealed class DecoderWeights
{
    private readonly Dictionary<string, float[]> _tensors = new(StringComparer.Ordinal);
    private readonly Func<string, float[]>? _read;

    /// <summary>Wraps tensors. All names of <see cref="DecoderConfig.WeightShapes"/> must be there with the right length.</summary>
    /// <exception cref="ArgumentException">A tensor is missing or has the wrong length.</exception>
    public DecoderWeights(DecoderConfig config, IReadOnlyDictionary<string, float[]> tensors)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(tensors);
        Config = config;
        foreach (var (name, shape) in config.WeightShapes())
        {
            if (!tensors.TryGetValue(name, out var data))
                throw new ArgumentException($"The tensor '{name}' is missing.", nameof(tensors));
            var length = shape.Aggregate(1L, (a, b) => a * b);
            if (data.LongLength != length)
                throw new ArgumentException($"The tensor '{name}' has {data.LongLength} elements; its shape [{string.Join(", ", shape)}] needs {length}.", nameof(tensors));
            _tensors.Add(name, data);
        }
    }

    /// <summary>Weights that are read as they are asked for, and not kept.</summary>
    /// <param name="config">Shape of the model.</param>
    /// <param name="read">Gives the elements of a tensor of the right length; safe to call from many threads.</param>
    internal DecoderWeights(DecoderConfig config, Func<string, float[]> read) => (Config, _read) = (config, read);

    /// <summary>Shape of the model.</summary>
    public DecoderConfig Config { get; }

    /// <summary>The same trunk under a fresh scalar head; the trunk's tensors are shared, not copied.</summary>
    /// <param name="stream">Draws the head.</param>
    /// <param name="deviation">Deviation of the head's weights; null takes 1 / (hidden + 1), which starts with values near 0.</param>
    public DecoderWeights WithScalarHead(RandomStream stream, double? deviation = null)
    {
        var config = Config with { ScalarHead = true };
        var head = new float[config.HiddenSize];
        var own = stream.Derive("score.weight");
        for (var i = 0; i < head.Length; i++)
            head[i] = (float)((deviation ?? 1.0 / (config.HiddenSize + 1)) * own.NextNormal());
        return new DecoderWeights(config, config.WeightShapes().ToDictionary(s => s.Name, s => s.Name == "score.weight" ? head : this[s.Name], StringComparer.Ordinal));
    }

    /// <summary>The elements of a tensor, row-major; shared, not copied, or read anew each time.</summary>
    /// <exception cref="KeyNotFoundException">The model has no such tensor.</exception>
    public float[] this[string name] => _read is null ? _tensors[name] : _read(name);

    /// <summary>
    /// Fresh weights: matrices normal with deviation 0.06 (output projections of blocks divided by sqrt(2 · layers), as in
    /// GPT-2, whose 0.02 suits wide models: at widths of 64 to 256 it learns more slowly), norms one, biases zero. Each tensor draws from a stream of its own name.
    /// </summary>
    public static DecoderWeights Initialize(DecoderConfig config, RandomStream stream, double deviation = 0.06)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.ThrowIfInvalid();
        var tensors = new Dictionary<string, float[]>(StringComparer.Ordinal);
        foreach (var (name, shape) in config.WeightShapes())
        {
            var data = new float[shape.Aggregate(1, (a, b) => a * b)];
            if (shape.Length == 1)
            {
                if (!name.EndsWith(".bias", StringComparison.Ordinal))
                    Array.Fill(data, 1f);
            }
            else
            {
                var residual = name.EndsWith("o_proj.weight", StringComparison.Ordinal) || name.EndsWith("down_proj.weight", StringComparison.Ordinal);
                var scale = residual ? deviation / Math.Sqrt(2.0 * config.Layers) : deviation;
                var own = stream.Derive(name);
                for (var i = 0; i < data.Length; i++)
                    data[i] = (float)(scale * own.NextNormal());
            }

            tensors.Add(name, data);
        }

        return new DecoderWeights(config, tensors);
    }
}
