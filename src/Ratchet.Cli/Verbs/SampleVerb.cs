using System.CommandLine;
using Ratchet.Attempts;
using Ratchet.Loop;
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
        var goal = new Argument<string?>("goal") { Description = "Statement to prove, for example 'A /\\ B -> B /\\ A'. With --endpoint it stands alone.", Arity = ArgumentArity.ZeroOrOne };
        var endpoint = new EndpointArguments();
        var options = new DrawOptions(samples: 4);
        var domainName = Arguments.Domain();
        var command = new Command("sample", "Lets a model attempt one goal, and judges the attempts.") { model, goal, domainName };
        options.AddTo(command);
        endpoint.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            options.ThrowIfInvalid(parsed);
            var domain = DomainCatalog.Create(parsed.GetRequiredValue(domainName));
            var elsewhere = endpoint.IsGiven(parsed);
            var statement = parsed.GetValue(goal) ?? (elsewhere ? parsed.GetRequiredValue(model) : throw new RatchetException("A model and a goal are needed.", "ratchet sample MODEL GOAL, or ratchet sample --endpoint URL --model NAME GOAL") { ExitCode = CommandLine.UsageError });
            if (elsewhere && parsed.GetValue(goal) is not null)
                throw new RatchetException("With --endpoint only the goal is given; the model is --model.") { ExitCode = CommandLine.UsageError };
            var problem = Goals.Parse(domain, "goal", statement);
            var attempts = elsewhere
                ? await AskAsync(context, parsed, endpoint, options, domain, problem, cancellationToken)
                : await options.JudgeAsync(parsed, PolicyProbe.Find(parsed.GetRequiredValue(model)), domain, [problem], cancellationToken);
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

    private static async Task<IReadOnlyList<JudgedAttempt>> AskAsync(
        CliContext context, ParseResult parsed, EndpointArguments endpoint, DrawOptions options, IDomain domain, Problem problem, CancellationToken cancellationToken)
    {
        using var open = endpoint.Open(parsed, options, VerifierCatalog.Find(domain.Name), domain.Prompt);
        var made = await open.Proposer.ProposeAsync(
            new ProposalRequest { Round = 0, Phase = Phase.Heldout, Items = [new ProposalItem(problem, options.Samples(parsed))], Stream = RandomStream.FromSeed(options.Seed(parsed)).Derive("probe") },
            cancellationToken);
        var judged = new List<JudgedAttempt>(made.Count);
        foreach (var attempt in made)
            judged.Add(new JudgedAttempt(problem, attempt, await domain.Verifier.VerifyAsync(problem, attempt.Text, cancellationToken)));
        context.Error.WriteLine(open.Bill);
        return judged;
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
