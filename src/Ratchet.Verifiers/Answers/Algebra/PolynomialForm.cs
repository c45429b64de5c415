using System.Numerics;
using System.Text;

namespace Ratchet.Verifiers.Answers.Algebra;

/// <summary>
/// A sum of monomials with rational coefficients: a common form of exponents, angles and arguments of functions, in which x + 1 and 1 + x
/// are the same. Two forms that differ may still have the same value.
/// </summary>
internal sealed class PolynomialForm
{
    private const int MaxTerms = 200;

    // Ordered by key: the text of a form must not depend on how it was built.
    private readonly SortedDictionary<string, (Monomial Monomial, BigRational Coefficient)> _terms = new(StringComparer.Ordinal);

    private PolynomialForm()
    {
    }

    public IEnumerable<(Monomial Monomial, BigRational Coefficient)> Terms => _terms.Values;

    public int Count => _terms.Count;

    public bool IsZero => _terms.Count == 0;

    /// <summary>The value where this is a rational number, else null.</summary>
    public BigRational? Constant => IsZero ? BigRational.Zero : Count == 1 && Terms.First().Monomial.IsOne ? Terms.First().Coefficient : null;

    public static PolynomialForm Of(BigRational value) => Of(Monomial.One, value);

    public static PolynomialForm Of(string atom) => Of(Monomial.Of(atom, BigRational.One), BigRational.One);

    public static PolynomialForm Of(Monomial monomial, BigRational coefficient)
    {
        var form = new PolynomialForm();
        form.Add(monomial, coefficient);
        return form;
    }

    public static PolynomialForm Add(PolynomialForm a, PolynomialForm b, Budget budget)
    {
        budget.Spend(a.Count + b.Count);
        var form = new PolynomialForm();
        foreach (var (monomial, coefficient) in a.Terms.Concat(b.Terms))
            form.Add(monomial, coefficient);
        if (form.Count > MaxTerms)
            throw new UndecidedException(AnswerReason.Limit, $"an argument has more than {MaxTerms} terms");
        return form;
    }

    public static PolynomialForm Multiply(PolynomialForm a, PolynomialForm b, Budget budget)
    {
        budget.Spend(5L * a.Count * b.Count);
        var form = new PolynomialForm();
        foreach (var (m, c) in a.Terms)
        {
            foreach (var (n, d) in b.Terms)
            {
                var (monomial, coefficient) = Monomial.Multiply(m, n);
                form.Add(monomial, c * d * coefficient);
            }

            if (form.Count > MaxTerms)
                throw new UndecidedException(AnswerReason.Limit, $"an argument has more than {MaxTerms} terms");
        }

        return form;
    }

    public static PolynomialForm Scale(PolynomialForm a, BigRational factor)
    {
        var form = new PolynomialForm();
        foreach (var (monomial, coefficient) in a.Terms)
            form.Add(monomial, coefficient * factor);
        return form;
    }

    /// <summary>A power with a rational exponent; an opaque atom where it does not open.</summary>
    public static PolynomialForm Power(PolynomialForm a, BigRational exponent, Budget budget)
    {
        if (exponent.IsInteger && exponent.Sign >= 0 && exponent.Numerator <= 12)
        {
            var result = Of(BigRational.One);
            for (var i = 0; i < (int)exponent.Numerator; i++)
                result = Multiply(result, a, budget);
            return result;
        }

        if (a.IsZero)
            return a;
        if (a.Count == 1)
        {
            var (monomial, coefficient) = a.Terms.First();
            if (NumberPower(coefficient, exponent, budget) is { } number
                && (exponent.IsInteger || monomial.IsOne || monomial.Powers.All(p => p.Exponent.IsOne && p.Atom != Monomial.ImaginaryUnit)))
            {
                return Multiply(number, MonomialPower(monomial, exponent), budget);
            }
        }

        return Of(Monomial.Of($"({a})", exponent), BigRational.One);
    }

    /// <summary>A rational number to a rational power as roots of primes, or null where it does not open.</summary>
    private static PolynomialForm? NumberPower(BigRational value, BigRational exponent, Budget budget)
    {
        if (exponent.IsInteger)
        {
            if (BigInteger.Abs(exponent.Numerator) > 1000 || value.Bits * Math.Abs((long)exponent.Numerator) > 20_000)
                return null;
            return Of(value.Power((int)exponent.Numerator));
        }

        if (value.Sign <= 0 || value.Bits > 400 || exponent.Bits > 20)
            return null;
        budget.Spend(50);
        var result = Of(BigRational.One);
        foreach (var (sign, part) in new[] { (1, value.Numerator), (-1, value.Denominator) })
        {
            foreach (var (factor, times) in IntegerRoot.Factors(part))
            {
                var (monomial, coefficient) = Monomial.Multiply(Monomial.One, Monomial.Of(factor.ToString(), exponent * sign * times));
                result = Multiply(result, Of(monomial, coefficient), budget);
            }
        }

        return result;
    }

    private static PolynomialForm MonomialPower(Monomial monomial, BigRational exponent)
    {
        var (result, coefficient) = (Monomial.One, BigRational.One);
        foreach (var (atom, power) in monomial.Powers)
        {
            (result, var factor) = Monomial.Multiply(result, Monomial.Of(atom, power * exponent));
            coefficient *= factor;
        }

        return Of(result, coefficient);
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var (monomial, coefficient) in Terms)
            text.Append(text.Length > 0 ? "+" : "").Append(coefficient.ToString()).Append('*').Append(monomial.Key);
        return text.Length == 0 ? "0" : text.ToString();
    }

    private void Add(Monomial monomial, BigRational coefficient)
    {
        if (_terms.TryGetValue(monomial.Key, out var had))
            coefficient += had.Coefficient;
        if (coefficient.IsZero)
            _terms.Remove(monomial.Key);
        else
            _terms[monomial.Key] = (monomial, coefficient);
    }
}
