namespace Ratchet.Loop;

/// <summary>
/// A named, counter-based random stream. Every consumer derives its own stream from a name and an index, so that worker
/// count and scheduling never change a result.
/// </summary>
/// <remarks>
/// Values are SplitMix64 outputs (Steele, Lea, Flood 2014) of a key and a counter; keys are derived by hashing names and
/// indices. A value type: copying it copies the position. Not for cryptography.
/// </remarks>
public struct RandomStream : IEquatable<RandomStream>
{
    private const ulong Golden = 0x9E3779B97F4A7C15UL;

    /// <summary>Starts the stream of a key.</summary>
    public RandomStream(ulong key)
    {
        Key = key;
        Position = 0;
    }

    /// <summary>The key that identifies the stream; with <see cref="Position"/> it is the whole state.</summary>
    public readonly ulong Key { get; }

    /// <summary>How many 64-bit values have been drawn. May be set to go to a place.</summary>
    public ulong Position { get; set; }

    /// <summary>The master stream of a seed.</summary>
    public static RandomStream FromSeed(ulong seed) => new(Mix(seed ^ 0x5261746368657431UL));

    /// <summary>The stream of a named consumer under this one; independent of this stream's position.</summary>
    public readonly RandomStream Derive(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var hash = 0xCBF29CE484222325UL;
        foreach (var c in name)
            hash = (hash ^ c) * 0x100000001B3UL;
        return new RandomStream(Mix(Key ^ Mix(hash + Golden)));
    }

    /// <summary>The stream of an indexed item under this one; independent of this stream's position.</summary>
    public readonly RandomStream Derive(long index) => new(Mix(Key + Mix((ulong)index * Golden + 0x632BE59BD9B4E019UL)));

    /// <summary>The next 64 random bits.</summary>
    public ulong NextUInt64() => Mix(Key + (++Position * Golden));

    /// <summary>A uniform number in [0, 1) with 53 random bits.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A uniform whole number in [0, <paramref name="exclusiveMax"/>), without bias.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="exclusiveMax"/> is not positive.</exception>
    public int NextInt(int exclusiveMax)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(exclusiveMax);
        var range = (ulong)exclusiveMax;
        var limit = ulong.MaxValue - (ulong.MaxValue % range + 1) % range;
        ulong value;
        do
            value = NextUInt64();
        while (value > limit);
        return (int)(value % range);
    }

    /// <summary>A standard normal number (Box-Muller; two draws each).</summary>
    public double NextNormal()
    {
        var u = 1.0 - NextDouble();
        return Math.Sqrt(-2.0 * Math.Log(u)) * Math.Cos(2.0 * Math.PI * NextDouble());
    }

    /// <summary>Shuffles in place (Fisher-Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = NextInt(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }

    /// <inheritdoc/>
    public readonly bool Equals(RandomStream other) => Key == other.Key && Position == other.Position;

    /// <inheritdoc/>
    public override readonly bool Equals(object? obj) => obj is RandomStream other && Equals(other);

    /// <inheritdoc/>
    public override readonly int GetHashCode() => HashCode.Combine(Key, Position);

    /// <summary>Same key and position.</summary>
    public static bool operator ==(RandomStream left, RandomStream right) => left.Equals(right);

    /// <summary>Different key or position.</summary>
    public static bool operator !=(RandomStream left, RandomStream right) => !left.Equals(right);

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
