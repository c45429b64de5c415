using System.Numerics;
using System.Text;

namespace Ratchet.Verifiers.Answers.Algebra;

/// <summary>A product of atoms to rational powers, atoms in ordinal order of their keys. The empty product is 1.</summary>
internal sealed class Monomial
{
    public const string ImaginaryUnit = "i";
    public const string PiAtom = "pi";

    private Monomial(IReadOnlyList<(string Atom, BigRational Exponent)> powers)
    {
        Powers = powers;
        var key = new StringBuilder();
        foreach (var (atom, exponent) in powers)
            key.Append(atom).Append('^').Append(exponent.ToString()).Append('*');
        Key = key.ToString();
    }

    public static Monomial One { get; } = new([]);

    public IReadOnlyList<(string Atom, BigRational Exponent)> Powers { get; }

    public string Key { get; }

    /// <summary>The atom where this is a single one to the first power.</summary>
    public string? Single => Powers.Count == 1 && Powers[0].Exponent.IsOne ? Powers[0].Atom : null;

    public bool IsOne => Powers.Count == 0;

    public static Monomial Of(string atom, BigRational exponent) => new([(atom, exponent)]);

    /// <summary>A product; powers of numbers and of i that become rational go into the coefficient.</summary>
    public static (Monomial Monomial, BigRational Coefficient) Multiply(Monomial a, Monomial b)
    {
        var exponents = new SortedDictionary<string, BigRational>(StringComparer.Ordinal);
        foreach (var (atom, exponent) in a.Powers.Concat(b.Powers))
            exponents[atom] = exponents.TryGetValue(atom, out var had) ? had + exponent : exponent;
        var coefficient = BigRational.One;
        var powers = new List<(string, BigRational)>();
        foreach (var (atom, exponent) in exponents)
        {
            var rest = exponent;
            if (char.IsAsciiDigit(atom[0]))
            {
                var whole = exponent.Floor();
                coefficient *= ((BigRational)BigInteger.Parse(atom)).Power((int)whole);
                rest = exponent - whole;
            }
            else if (atom == ImaginaryUnit && exponent.IsInteger)
            {
                var turn = (int)(((exponent.Numerator % 4) + 4) % 4);
                coefficient = turn >= 2 ? -coefficient : coefficient;
                rest = turn % 2;
            }

            if (!rest.IsZero)
                powers.Add((atom, rest));
        }

        return (new Monomial(powers), coefficient);
    }

    /// <summary>Without one factor i, or null where it has none.</summary>
    public Monomial? WithoutImaginaryUnit() => Powers.Any(p => p.Atom == ImaginaryUnit && p.Exponent.IsOne)
        ? new([.. Powers.Where(p => p.Atom != ImaginaryUnit)])
        : null;
}
