using Ratchet.Verdicts;

namespace Ratchet.Verifiers.Python;

/// <summary>How a program's run ended.</summary>
public enum PythonEnd
{
    /// <summary>By itself, with an exit code.</summary>
    Exited,

    /// <summary>It ran past its wall-clock or processor time.</summary>
    TimedOut,

    /// <summary>It wanted more memory than it may have.</summary>
    OutOfMemory,

    /// <summary>It wrote more than it may.</summary>
    OutputLimit,

    /// <summary>A signal ended it.</summary>
    Crashed,

    /// <summary>It did not run to its end because the sandbox failed; says nothing about the program.</summary>
    Unavailable,
}

/// <summary>What came of a program.</summary>
public sealed record PythonRun
{
    /// <summary>How it ended.</summary>
    public required PythonEnd End { get; init; }

    /// <summary>Exit code where it <see cref="PythonEnd.Exited"/>; the number of the signal where it <see cref="PythonEnd.Crashed"/>.</summary>
    public int Code { get; init; }

    /// <summary>Standard output, as far as it may go.</summary>
    public string Output { get; init; } = "";

    /// <summary>Standard error: the traceback of what the program did not catch, without frames that are not its own.</summary>
    public string Errors { get; init; } = "";

    /// <summary>
    /// The value of the last line as text, where it was asked for, the line is an expression that does not print, and the value is not
    /// <c>None</c>; else null.
    /// </summary>
    public string? Value { get; init; }

    /// <summary>What went wrong with the sandbox, or which limit was hit; empty where the program ended by itself.</summary>
    public string Message { get; init; } = "";

    /// <summary>Processor seconds of the program's processes.</summary>
    public double CpuSeconds { get; init; }

    /// <summary>The last line of <see cref="Errors"/>: the exception with its text; empty where there is none.</summary>
    public string LastErrorLine => Errors.AsSpan().TrimEnd() is { Length: > 0 } errors ? errors[(errors.LastIndexOf('\n') + 1)..].ToString() : "";

    /// <summary>Reason of the unknown verdict that a run which did not end by itself becomes.</summary>
    public VerdictReason Reason => End switch
    {
        PythonEnd.TimedOut => VerdictReason.TimedOut,
        PythonEnd.OutOfMemory => VerdictReason.OutOfMemory,
        PythonEnd.OutputLimit => VerdictReason.ResourceLimit,
        PythonEnd.Crashed => VerdictReason.Crashed,
        _ => VerdictReason.Unavailable,
    };

    /// <summary>What the checker found, where tests were run.</summary>
    internal PythonFindings? Findings { get; init; }
}

/// <summary>What the checker says of tests.</summary>
/// <param name="Passed">Assert statements of the tests, where all of them were passed; else 0.</param>
/// <param name="Failed">What failed, or null.</param>
/// <param name="Refused">The failure is an attempt to get between the tests and what they use.</param>
/// <param name="Unreadable">Why the tests cannot be run at all, or null.</param>
/// <param name="Gone">The program ended or fell silent before the tests were done.</param>
/// <param name="Memory">The checker ran out of memory over what the program gave it.</param>
internal sealed record PythonFindings(int Passed, string? Failed, bool Refused, string? Unreadable, bool Gone, bool Memory);

/// <summary>A program to run.</summary>
/// <param name="Code">Source.</param>
public sealed record PythonProgram(string Code)
{
    /// <summary>Standard input; empty unless set.</summary>
    public string Input { get; init; } = "";

    /// <summary>
    /// Blocks that ran before in the same dialogue, each with whether it ended well: they run again before the program, without their print
    /// calls; of one that failed only the imports do.
    /// </summary>
    public IReadOnlyList<(string Code, bool EndedWell)> Before { get; init; } = [];

    /// <summary>Whether the value of the last line is wanted (<see cref="PythonRun.Value"/>).</summary>
    public bool Echo { get; init; }
}
