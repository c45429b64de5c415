namespace Ratchet.Verifiers.Answers.Reading;

/// <summary>The functions that have a meaning.</summary>
internal enum Function
{
    /// <summary>Square root, or with a second argument the root of that order.</summary>
    Root,
    Abs,
    Floor,
    Ceiling,
    Exp,

    /// <summary>Natural logarithm, or with a second argument to that base.</summary>
    Log,
    Sin,
    Cos,
    Tan,
    Cot,
    Sec,
    Csc,
    Arcsin,
    Arccos,
    Arctan,
    Arccot,
    Sinh,
    Cosh,
    Tanh,
    Arsinh,
    Arcosh,
    Artanh,
    Factorial,
    Binomial,
    Gcd,
    Lcm,
    Max,
    Min,
    Mod,
    Re,
    Im,
    Conjugate,

    /// <summary>Sum over a range: body, variable, from, to.</summary>
    Sum,

    /// <summary>Product over a range: body, variable, from, to.</summary>
    Product,
}
