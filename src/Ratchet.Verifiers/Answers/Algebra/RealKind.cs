namespace Ratchet.Verifiers.Answers.Algebra;

/// <summary>How a real number is built.</summary>
internal enum RealKind
{
    Rational,
    Pi,
    CosPi,
    Sum,
    Product,
    Quotient,
    Root,
    Exp,
    Log,
    Cos,
    Sin,
    Atan,

    /// <summary>A number known only to lie in an interval.</summary>
    Enclosed,
}
