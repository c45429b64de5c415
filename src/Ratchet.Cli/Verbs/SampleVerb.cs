using System.CommandLine;
using Ratchet.Attempts;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Systems;

namespace Ratchet.Cli.Verbs;

/// <summary><c>ratchet sample MODEL GOAL</c>.</summary>
internal static class SampleVerb
{
    public static Command Make(CliContext context)
    {
        var model = new Argument<string>("model") { Description = "Checkpoint folder, or a run folder for its last checkpoint." };
        var goal = new Argument<string>("goal") { Description = "Statement to prove, for example 'A /\\ B -> B /\\ A'." };
        var options = new DrawOptions(samples: 4);
        var domainName = Arguments.Domain();
        var command = new Command("sample", "Lets a model attempt one goal, and judges the attempts.") { model, goal, domainName };
        options.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            options.ThrowIfInvalid(parsed);
            var domain = DomainCatalog.Create(parsed.GetRequiredValue(domainName));
            var problem = Goals.Parse(domain, "goal", parsed.GetRequiredValue(goal));
            var attempts = await options.JudgeAsync(parsed, PolicyProbe.Find(parsed.GetRequiredValue(model)), domain, [problem], cancellationToken);
            foreach (var a in attempts)
            {
                context.Out.WriteLine($"{a.Verdict.Outcome} ({InspectVerb.Word(a.Verdict.Reason)}), {a.Attempt.TokenIds.Count} tokens");
                context.Out.WriteLine(Carets.Render(a.Attempt.Text, a.Verdict.Feedback));
            }

            context.Out.WriteLine($"{attempts.Count(a => a.Verdict.IsAccepted)} of {attempts.Count} accepted");
            return 0;
        });
        return command;
    }
}

/// <summary>Statements from the command line.</summary>
internal static class Goals
{
    /// <summary>Reads a statement; a mistake is shown under a caret.</summary>
    public static Problem Parse(IDomain domain, string id, string statement)
    {
        try
        {
            return domain.Parse(id, statement, Split.Heldout);
        }
        catch (StatementException e)
        {
            throw new RatchetException($"This is not a statement of the domain '{domain.Name}':\n{Carets.Render(statement, [new(e.Position, e.Position + 1, e.Message)]).TrimEnd()}", "Correct the statement.", e);
        }
    }
}
