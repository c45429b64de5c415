using System.Numerics;
using Ratchet.Loop;

namespace Ratchet.Learning.Pretraining;

/// <summary>
/// A random order of the numbers [0, count) in which any place can be looked up without the others: a Feistel network of four rounds on the next even number of bits, walked until it lands within the
/// count (Black and Rogaway 2002, "Ciphers with arbitrary finite domains"). Memory does not grow with the count.
/// </summary>
internal sealed class IndexPermutation
{
    private const int Rounds = 4;

    private readonly ulong _count;
    private readonly int _halfBits;
    private readonly ulong _halfMask;
    private readonly RandomStream _stream;

    /// <summary>Makes the order of a stream.</summary>
    public IndexPermutation(long count, RandomStream stream)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        (_count, _stream) = ((ulong)count, stream);
        _halfBits = Math.Max(1, (BitOperations.Log2(Math.Max(_count - 1, 1)) + 2) / 2);
        _halfMask = (1UL << _halfBits) - 1;
    }

    /// <summary>The number at a place.</summary>
    public long this[long place]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(place);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)place, _count, nameof(place));
            var value = (ulong)place;
            do
            {
                var (left, right) = (value >> _halfBits, value & _halfMask);
                for (var round = 0; round < Rounds; round++)
                {
                    var own = _stream.Derive(round).Derive((long)right);
                    (left, right) = (right, left ^ (own.NextUInt64() & _halfMask));
                }

                value = (left << _halfBits) | right;
            }
            while (value >= _count);
            return (long)value;
        }
    }
}
