using Ratchet.Domains.Vocabulary;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Tokenization;
using Ratchet.Verdicts;

namespace Ratchet.Domains.Instructions;

/// <summary>Short instructions whose responses a program grades: sort, list, add and explain, write in capitals, refuse. The world of AlpacaFarm at small scale.</summary>
/// <remarks>
/// A response has a gold utility (<see cref="InstructionGrade.Utility"/>), which annotators only see through noise and tastes, and a verdict: accepted where task and form are right and
/// it is not longer than its ideal length. Safe to call from many threads.
/// </remarks>
public sealed class InstructionsDomain : IDomain
{
    /// <inheritdoc/>
    public string Name => "instructions";

    /// <inheritdoc/>
    public string Description => "Small instructions (sort, list, add, capitals, refuse) whose responses a program grades.";

    /// <inheritdoc/>
    public ITokenizer Tokenizer => InstructionWords.Tokenizer;

    /// <inheritdoc/>
    public IVerifier Verifier { get; } = new InstructionsVerifier();

    /// <summary>The word in front of a prompt that asks for a good response or, false, for a bad one: the reward tokens of conditioned policies.</summary>
    public static string Control(bool good) => InstructionWords.Controls[good ? 0 : 1];

    /// <inheritdoc/>
    public Problem Parse(string id, string statement, Split split)
    {
        var instruction = Instruction.Parse(statement);
        return new Problem { Id = id, Domain = Name, Statement = instruction.ToString(), CanonicalHash = instruction.CanonicalHash, Split = split, Stratum = Stratum(instruction.Kind) };
    }

    /// <inheritdoc/>
    public string Prompt(Problem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return Prompt(problem.Statement);
    }

    /// <summary>The text that a model continues with its response.</summary>
    public static string Prompt(string instruction) => $"{instruction} {InstructionWords.Separator}";

    /// <inheritdoc/>
    public ProblemSet Generate(ProblemCounts counts, RandomStream stream)
    {
        ArgumentNullException.ThrowIfNull(counts);
        double[] shares = [0.4, 0.05, 0.2, 0.3, 0.05];
        return new StratumFiller(Name, [.. Enum.GetValues<InstructionKind>().Select((k, i) => (Stratum(k), shares[i], shares[i]))], counts).Fill(stream, (stratum, own) =>
        {
            var drawn = InstructionGenerator.Draw(ref own, (InstructionKind)stratum);
            return (new DrawnProblem(drawn.ToString(), InstructionWriter.Write(drawn, InstructionWriterOptions.Perfect, own.Derive("solution")), drawn.CanonicalHash, stratum), "");
        });
    }

    /// <summary>Nothing can be renamed: the pair is given back as it is.</summary>
    public (string Statement, string Solution) Rename(string statement, string solution, RandomStream stream) => (statement, solution);

    internal static string Stratum(InstructionKind kind) => kind switch
    {
        InstructionKind.Sort => "sort",
        InstructionKind.List => "list",
        InstructionKind.Add => "add",
        InstructionKind.Upper => "upper",
        _ => "refuse",
    };

    private sealed class InstructionsVerifier() : InProcessVerifier("instructions", "1")
    {
        protected override Verdict Judge(Problem problem, string text)
        {
            if (TooLong("response", text, 10_000) is { } tooLong)
                return tooLong;
            var grade = InstructionGrader.Grade(Instruction.Parse(problem.Statement), text);
            return grade.Task < 1 ? Rejected(VerdictReason.WrongAnswer, 0, text.Length, "The task is not done.", grade.Length)
                : grade.Format < 1 ? Rejected(VerdictReason.Syntax, 0, text.Length, "The form is not the one that was asked for.", grade.Length)
                : grade.Length > grade.IdealLength ? Rejected(VerdictReason.Syntax, 0, text.Length, $"The response has {grade.Length} words; at most {grade.IdealLength} are wanted.", grade.Length)
                : Accepted(grade.Length);
        }
    }
}
