using Ratchet.Models.Safetensors;
using Ratchet.Runs;

namespace Ratchet.Models.Merging;

/// <summary>How one tensor of two models differs.</summary>
/// <param name="Name">Name.</param>
/// <param name="Largest">Largest absolute difference of two elements.</param>
/// <param name="Relative">Norm of the difference divided by the norm of the first model's tensor; infinite where that is zero and the other is not.</param>
public sealed record TensorDifference(string Name, double Largest, double Relative);

/// <summary>Compares two models tensor by tensor, piece by piece.</summary>
/// <param name="Shapes">What makes them different kinds of model, one phrase each; empty where names, shapes and element kinds agree.</param>
/// <param name="Tensors">The tensors that both have with the same shape, in ordinal order of their names.</param>
public sealed record ModelDiff(IReadOnlyList<string> Shapes, IReadOnlyList<TensorDifference> Tensors)
{
    private const int ChunkElements = 1 << 18;

    /// <summary>Compares the models in two folders.</summary>
    /// <exception cref="RatchetException">A file is missing or damaged.</exception>
    public static ModelDiff Compare(string first, string second)
    {
        using var a = WeightFiles.Open(first);
        using var b = WeightFiles.Open(second);
        var tensors = a.Names.Where(n => b.Find(n) is { } other && other.Shape.SequenceEqual(a.Find(n)!.Shape)).Select(n => Compare(a, b, n));
        return new ModelDiff([.. ShapesOf(a, b)], [.. tensors]);
    }

    internal static IEnumerable<string> ShapesOf(WeightFiles a, WeightFiles b)
    {
        foreach (var name in a.Names)
        {
            var own = a.Find(name)!;
            if (b.Find(name) is not { } other)
                yield return $"only the first has {SafetensorsHeader.Quote(name)}";
            else if (!own.Shape.SequenceEqual(other.Shape))
                yield return $"{SafetensorsHeader.Quote(name)} is {own.ShapeText} and {other.ShapeText}";
            else if (own.Type.IsReal() != other.Type.IsReal() || (!own.Type.IsReal() && own.Type != other.Type))
                yield return $"{SafetensorsHeader.Quote(name)} is {own.Type.Name()} and {other.Type.Name()}";
        }

        foreach (var name in b.Names.Where(n => a.Find(n) is null))
            yield return $"only the second has {SafetensorsHeader.Quote(name)}";
    }

    private static TensorDifference Compare(WeightFiles a, WeightFiles b, string name)
    {
        var bytes = new byte[ChunkElements * 8];
        float[] x = new float[ChunkElements], y = new float[ChunkElements];
        double largest = 0, difference = 0, norm = 0;
        var length = a.Find(name)!.Length;
        for (long done = 0; done < length; done += ChunkElements)
        {
            var count = (int)Math.Min(ChunkElements, length - done);
            Read(a, x);
            Read(b, y);
            for (var i = 0; i < count; i++)
            {
                double d = (double)y[i] - x[i];

                // A NaN counts as infinitely far.
                largest = Math.Max(largest, double.IsNaN(d) ? double.PositiveInfinity : Math.Abs(d));
                difference += d * d;
                norm += (double)x[i] * x[i];
            }

            void Read(WeightFiles files, float[] target)
            {
                var type = files.Find(name)!.Type;
                var part = bytes.AsSpan(0, count * type.Size());
                files.ReadBytes(name, done * type.Size(), part);
                ElementConversion.ToFloats(type, part, target.AsSpan(0, count));
            }
        }

        return new TensorDifference(name, largest, difference == 0 ? 0 : Math.Sqrt(difference) / Math.Sqrt(norm));
    }
}
