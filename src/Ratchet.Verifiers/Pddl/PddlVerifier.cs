using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Verdicts;

namespace Ratchet.Verifiers.Pddl;

/// <summary>Judges a plan against a PDDL domain and problem by running it.</summary>
/// <remarks>
/// The statement is one text with <c>(define (domain ...) ...)</c> and <c>(define (problem ...) ...)</c>; the attempt is a plan as
/// <see cref="PlanReader"/> reads it. Reasons: <see cref="VerdictReason.Proved"/>; <see cref="VerdictReason.Syntax"/> with every place that
/// is no action; <see cref="VerdictReason.StepFailed"/> with the first step that cannot be executed and the conditions that are false;
/// <see cref="VerdictReason.Incomplete"/> with the parts of the goal that are false; unknown with <see cref="VerdictReason.ResourceLimit"/>
/// for a plan beyond <see cref="PlanReader.MaxLength"/> characters or the limit on evaluations. Safe to call from many threads.
/// </remarks>
public sealed class PddlVerifier() : InProcessVerifier("pddl", "1")
{
    private const int KeptTasks = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, PddlTask> _tasks = new(StringComparer.Ordinal);

    /// <summary>Judges a plan.</summary>
    /// <param name="statement">Domain and problem in one text.</param>
    /// <param name="plan">Plan.</param>
    /// <exception cref="StatementException">The statement is not a PDDL domain and problem; the message holds all mistakes, the position is that of the first.</exception>
    public Verdict Verify(string statement, string plan)
    {
        ArgumentNullException.ThrowIfNull(statement);
        try
        {
            return Verify(Task(statement), plan);
        }
        catch (PddlException e)
        {
            throw new StatementException(e.Message, e.Errors[0].Position);
        }
    }

    /// <summary>Judges a plan for a problem that has been read.</summary>
    public Verdict Verify(PddlTask task, string plan)
    {
        ArgumentNullException.ThrowIfNull(task);
        ArgumentNullException.ThrowIfNull(plan);
        if (TooLong("plan", plan, PlanReader.MaxLength) is { } tooLong)
            return tooLong;
        IReadOnlyList<PlanStep> steps;
        try
        {
            steps = PlanReader.Read(plan);
        }
        catch (PddlException e)
        {
            return Rejected(VerdictReason.Syntax, [.. e.Errors.Select(error => new Feedback(error.Position, error.Position, error.Message))], 0);
        }

        try
        {
            return Judge(PlanValidator.Validate(task, steps), plan);
        }
        catch (PddlLimitException e)
        {
            return Unknown(VerdictReason.ResourceLimit, new Feedback(-1, -1, e.Message), 0);
        }
    }

    /// <inheritdoc/>
    protected override Verdict Judge(Problem problem, string text)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return Verify(problem.Statement, text);
    }

    private Verdict Judge(PlanReport report, string plan)
    {
        if (report.IsValid)
            return Accepted(report.Evaluations);
        if (report.FailedStep is { } step)
        {
            var cause = report.CausesAreConditions ? $"Step {report.Executed + 1} {step} cannot be executed. False: {string.Join(", ", report.Causes)}." : $"Step {report.Executed + 1} {step}: {report.Causes[0]}";
            return Rejected(VerdictReason.StepFailed, step.Start, step.End, cause, report.Evaluations);
        }

        return Rejected(VerdictReason.Incomplete, plan.Length, plan.Length, $"The goal does not hold after {report.Executed} step{(report.Executed == 1 ? "" : "s")}. False: {string.Join(", ", report.UnmetGoals)}.", report.Evaluations);
    }

    /// <summary>The task of a statement; those used before are kept, because many attempts are made at one problem.</summary>
    private PddlTask Task(string statement)
    {
        lock (_gate)
        {
            if (_tasks.TryGetValue(statement, out var known))
                return known;
        }

        var task = PddlTask.Parse(statement);
        lock (_gate)
        {
            if (_tasks.Count >= KeptTasks)
                _tasks.Clear();
            _tasks[statement] = task;
        }

        return task;
    }
}
