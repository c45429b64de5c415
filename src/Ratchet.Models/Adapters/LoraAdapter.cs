using System.Numerics;
using System.Runtime.InteropServices;
using Ratchet.Loop;

namespace Ratchet.Models.Adapters;

/// <summary>
/// A low-rank adapter in managed memory, float32. An adapted matrix W becomes <c>W + scaling · up · down</c>; with DoRA each row of that is given the
/// length that the adapter holds.
/// </summary>
public sealed class LoraAdapter
{
    private readonly Dictionary<string, float[]> _tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, LoraModule> _byWeight;

    /// <summary>Wraps tensors.</summary>
    /// <param name="options">Shape of the adapter.</param>
    /// <param name="modules">Matrices that it changes.</param>
    /// <param name="tensors">Elements by the names of <see cref="LoraModule"/>.</param>
    /// <exception cref="ArgumentException">A tensor is missing or has the wrong length.</exception>
    public LoraAdapter(LoraOptions options, IReadOnlyList<LoraModule> modules, IReadOnlyDictionary<string, float[]> tensors)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(modules);
        ArgumentNullException.ThrowIfNull(tensors);
        Options = options;
        Modules = [.. modules.OrderBy(m => m.Layer).ThenBy(m => m.Name, StringComparer.Ordinal)];
        foreach (var (name, shape) in Shapes())
        {
            if (!tensors.TryGetValue(name, out var data))
                throw new ArgumentException($"The tensor '{name}' is missing.", nameof(tensors));
            var length = shape.Aggregate(1L, (a, b) => a * b);
            if (data.LongLength != length)
                throw new ArgumentException($"The tensor '{name}' has {data.LongLength} elements; its shape [{string.Join(", ", shape)}] needs {length}.", nameof(tensors));
            _tensors.Add(name, data);
        }

        _byWeight = modules.ToDictionary(m => m.Weight, StringComparer.Ordinal);
    }

    /// <summary>Shape of the adapter.</summary>
    public LoraOptions Options { get; }

    /// <summary>Matrices that it changes, by block and then by name.</summary>
    public IReadOnlyList<LoraModule> Modules { get; }

    /// <summary>Number of trained elements.</summary>
    public long ParameterCount => _tensors.Values.Sum(t => t.LongLength);

    /// <summary>The elements of a tensor, row-major; shared, not copied.</summary>
    /// <exception cref="KeyNotFoundException">The adapter has no such tensor.</exception>
    public float[] this[string name] => _tensors[name];

    /// <summary>
    /// A fresh adapter, which changes nothing yet: the first factor uniform in ±1/√inputs (Kaiming with a = √5, as PEFT does), the second zero, and DoRA's
    /// lengths those of the rows. Each tensor draws from a stream of its own name.
    /// </summary>
    /// <param name="weights">Weights that it will change.</param>
    /// <param name="options">Shape of the adapter.</param>
    /// <param name="stream">Parent of the tensors' streams.</param>
    /// <exception cref="Runs.RatchetException">The options are invalid, or a target names no matrix of the model.</exception>
    public static LoraAdapter Initialize(DecoderWeights weights, LoraOptions options, RandomStream stream)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(options);
        var modules = options.Modules(weights.Config);
        var tensors = new Dictionary<string, float[]>(StringComparer.Ordinal);
        foreach (var module in modules)
        {
            var down = new float[options.Rank * module.Inputs];
            var bound = 1 / Math.Sqrt(module.Inputs);
            var own = stream.Derive(module.Down);
            for (var i = 0; i < down.Length; i++)
                down[i] = (float)(bound * ((2 * own.NextDouble()) - 1));
            tensors.Add(module.Down, down);
            tensors.Add(module.Up, new float[module.Outputs * options.Rank]);
            if (!options.Dora)
                continue;
            var lengths = new float[module.Outputs];
            for (var row = 0; row < lengths.Length; row++)
                lengths[row] = (float)Length(weights[module.Weight].AsSpan(row * module.Inputs, module.Inputs));
            tensors.Add(module.Magnitude, lengths);
        }

        return new LoraAdapter(options, modules, tensors);
    }

    /// <summary>Names and shapes of all tensors, module by module: down [rank, inputs], up [outputs, rank], with DoRA lengths [outputs].</summary>
    public IEnumerable<(string Name, int[] Shape)> Shapes()
    {
        foreach (var module in Modules)
        {
            yield return (module.Down, [Options.Rank, module.Inputs]);
            yield return (module.Up, [module.Outputs, Options.Rank]);
            if (Options.Dora)
                yield return (module.Magnitude, [module.Outputs]);
        }
    }

    /// <summary>The weights of a model with the adapter worked in; what is not adapted is shared with the given ones.</summary>
    /// <exception cref="ArgumentException">The adapter is of another shape of model.</exception>
    public DecoderWeights Merge(DecoderWeights weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        var merged = new Dictionary<string, float[]>(StringComparer.Ordinal);
        foreach (var (name, _) in weights.Config.WeightShapes())
        {
            var data = weights[name];
            merged[name] = _byWeight.ContainsKey(name) ? Merge(name, (float[])data.Clone()) : data;
        }

        return _byWeight.Keys.FirstOrDefault(n => !merged.ContainsKey(n)) is { } missing
            ? throw new ArgumentException($"The model has no matrix '{missing}' for the adapter to change.", nameof(weights))
            : new DecoderWeights(weights.Config, merged);
    }

    /// <summary>Works the adapter into a tensor of the model, in place, where it changes it.</summary>
    /// <param name="weight">Name of the tensor.</param>
    /// <param name="data">Its elements.</param>
    /// <returns>The same array.</returns>
    /// <exception cref="ArgumentException">The tensor has another size than the adapter's matrix.</exception>
    internal float[] Merge(string weight, float[] data)
    {
        if (!_byWeight.TryGetValue(weight, out var module))
            return data;
        if (data.LongLength != (long)module.Outputs * module.Inputs)
            throw new ArgumentException($"The adapter's matrix '{weight}' is [{module.Outputs}, {module.Inputs}]; the model's has {data.LongLength} elements.", nameof(data));
        MergeRows(module, 0, data);
        return data;
    }

    /// <summary>The matrix of this name among those that the adapter changes, or null.</summary>
    internal LoraModule? Find(string weight) => _byWeight.GetValueOrDefault(weight);

    /// <summary>Works the adapter into whole rows of a matrix, in place.</summary>
    /// <param name="module">Matrix.</param>
    /// <param name="firstRow">Number of the first of the rows.</param>
    /// <param name="rows">Elements, [rows, inputs].</param>
    internal void MergeRows(LoraModule module, int firstRow, Span<float> rows)
    {
        float[] down = this[module.Down], up = this[module.Up];
        var change = new float[module.Inputs];
        for (var r = 0; r < rows.Length / module.Inputs; r++)
        {
            var row = rows.Slice(r * module.Inputs, module.Inputs);
            Array.Clear(change);
            for (var k = 0; k < Options.Rank; k++)
                AddScaled(change, up[((firstRow + r) * Options.Rank) + k], down.AsSpan(k * module.Inputs, module.Inputs));
            AddScaled(row, (float)Options.Scaling, change);
            if (!Options.Dora)
                continue;
            var length = Length(row);
            var factor = length > 0 ? (float)(this[module.Magnitude][firstRow + r] / length) : 0;
            for (var i = 0; i < row.Length; i++)
                row[i] *= factor;
        }
    }

    private static void AddScaled(Span<float> target, float factor, ReadOnlySpan<float> source)
    {
        var wide = new Vector<float>(factor);
        var targets = MemoryMarshal.Cast<float, Vector<float>>(target);
        var sources = MemoryMarshal.Cast<float, Vector<float>>(source);
        for (var i = 0; i < targets.Length; i++)
            targets[i] += wide * sources[i];
        for (var i = targets.Length * Vector<float>.Count; i < target.Length; i++)
            target[i] += factor * source[i];
    }

    private static double Length(ReadOnlySpan<float> row)
    {
        var sum = 0.0;
        foreach (var x in row)
            sum += (double)x * x;
        return Math.Sqrt(sum);
    }
}
