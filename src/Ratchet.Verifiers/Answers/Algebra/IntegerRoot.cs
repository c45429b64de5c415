using System.Numerics;

namespace Ratchet.Verifiers.Answers.Algebra;

/// <summary>Whole roots and factors of integers.</summary>
internal static class IntegerRoot
{
    private static readonly int[] SmallPrimes = Sieve(2000);

    /// <summary>The largest r with r^k at most n, for n not negative.</summary>
    public static BigInteger Floor(BigInteger n, int k)
    {
        if (n.IsZero || n.IsOne || k == 1)
            return n;
        var bits = (long)n.GetBitLength();
        if (bits <= k)
            return BigInteger.One;

        // Newton's iteration from above falls until it has the root; its first step leads above it from anywhere.
        var guess = Step(Estimate(n, bits, k), n, k);
        while (true)
        {
            var next = Step(guess, n, k);
            if (next >= guess)
                return guess;
            guess = next;
        }
    }

    private static BigInteger Step(BigInteger guess, BigInteger n, int k) => (((k - 1) * guess) + (n / BigInteger.Pow(guess, k - 1))) / k;

    /// <summary>The root by its leading 50 bits or so.</summary>
    private static BigInteger Estimate(BigInteger n, long bits, int k)
    {
        var shift = Math.Max(0, bits - 60);
        var logarithm = (Math.Log2((double)(n >> (int)shift)) + shift) / k;
        var whole = (int)Math.Floor(logarithm);
        var leading = (BigInteger)(Math.Pow(2, logarithm - whole) * (1L << 50));
        return BigInteger.Max(BigInteger.One, whole >= 50 ? leading << (whole - 50) : leading >> (50 - whole));
    }

    /// <summary>The k-th root where it is whole, else null.</summary>
    public static BigInteger? Exact(BigInteger n, int k)
    {
        if (n.Sign < 0)
            return null;
        var root = Floor(n, k);
        return BigInteger.Pow(root, k) == n ? root : null;
    }

    /// <summary>The factors of a positive integer: primes up to 2000 with their exponents, then what is left (not 1), with exponent 1.</summary>
    public static List<(BigInteger Factor, int Exponent)> Factors(BigInteger n)
    {
        var factors = new List<(BigInteger, int)>();
        foreach (var prime in SmallPrimes)
        {
            if (n.IsOne || (n.GetBitLength() < 24 && n < prime * prime))
                break;
            var exponent = 0;
            while (true)
            {
                var quotient = BigInteger.DivRem(n, prime, out var remainder);
                if (!remainder.IsZero)
                    break;
                n = quotient;
                exponent++;
            }

            if (exponent > 0)
                factors.Add((prime, exponent));
        }

        if (!n.IsOne)
        {
            if (Exact(n, 2) is { } square)
                factors.Add((square, 2));
            else
                factors.Add((n, 1));
        }

        return factors;
    }

    private static int[] Sieve(int limit)
    {
        var composite = new bool[limit];
        var primes = new List<int>();
        for (var i = 2; i < limit; i++)
        {
            if (composite[i])
                continue;
            primes.Add(i);
            for (var j = i * i; j < limit; j += i)
                composite[j] = true;
        }

        return [.. primes];
    }
}
