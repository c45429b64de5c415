namespace Ratchet.Verifiers.Answers.Algebra;

/// <summary>A complex number of two exact real ones.</summary>
internal readonly record struct ComplexReal(Real Re, Real Im)
{
    public ComplexReal(Real re)
        : this(re, Real.Zero)
    {
    }

    public static ComplexReal Of(BigRational value) => new(Real.Of(value));

    /// <summary>True where the imaginary part is written as zero.</summary>
    public bool IsReal => Im.IsZero;

    public bool IsAlgebraic => Re.IsAlgebraic && Im.IsAlgebraic;

    /// <summary>The value where it is written as a rational number.</summary>
    public BigRational? Rational => IsReal && Re.IsRational ? Re.Value : null;
}
