namespace Ratchet.Verifiers.Coq;

/// <summary>What became of a sentence.</summary>
internal enum CoqOutcome
{
    /// <summary>It was executed.</summary>
    Done,

    /// <summary>It is no sentence of Coq.</summary>
    Syntax,

    /// <summary>Coq refused it.</summary>
    Failed,

    /// <summary>It took too long.</summary>
    TimedOut,

    /// <summary>Memory ran out.</summary>
    OutOfMemory,

    /// <summary>The stack ran out.</summary>
    StackOverflow,
}

/// <summary>Coq's answer to a sentence.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="State">Number of the state after it; 0 unless done.</param>
/// <param name="Message">What Coq said; empty where it said nothing.</param>
/// <param name="Start">Zero-based character offset in the sentence that the message is about, or -1.</param>
/// <param name="End">Exclusive end offset, or -1.</param>
internal readonly record struct CoqReply(CoqOutcome Outcome, int State, string Message, int Start, int End);
