namespace Ratchet.Domains.Arithmetic;

/// <summary>The surface formats that a solution can have. The model itself chooses one: a prompt is the bare question.</summary>
public enum ArithmeticFormat
{
    /// <summary>A function of assignments that returns the answer; an interpreter computes.</summary>
    Function,

    /// <summary>An expression between tags, the result that it claims, and an answer line; the verifier computes the expression.</summary>
    Tagged,

    /// <summary>The steps in words with their results and a boxed answer; the writer must do the arithmetic.</summary>
    Prose,
}
