using System.Text;
using Ratchet.Proving;
using Ratchet.Sampling.Endpoints;

namespace Ratchet.Search.Planning;

/// <summary>Asks a chat model elsewhere for subgoals.</summary>
/// <remarks>
/// BFS-Prover-V2 (arXiv 2509.06493), released code, src/plan: rules, the statement, temperature 1, and for a new plan the proven prefix with the stuck subgoal. Reasoning between
/// <c>&lt;think></c> and <c>&lt;/think></c> is dropped. That the prefix stays is not left to the model: <see cref="PlanSearch"/> keeps it.
/// </remarks>
/// <param name="model">Model; not owned.</param>
/// <param name="name">Name of the model.</param>
/// <param name="world">Reads plans.</param>
/// <param name="rules">What a plan is in this world, for the model.</param>
/// <param name="maxTokens">Limit on the answer.</param>
public sealed class EndpointPlanner(ICompletionModel model, string name, ISubgoalWorld world, string rules, int maxTokens = 2048) : IPlanner
{
    /// <summary>Rules for the propositional world and for Coq.</summary>
    public const string AssertRules = """
        You cut a goal into subgoals that a small prover can prove one after the other.
        Answer with one line for each subgoal and nothing else: assert (STATEMENT).
        Every subgoal must follow from the hypotheses and from the subgoals above it. Use the names and the notation of the goal, and no new variables.
        The goal must follow easily from the hypotheses and all subgoals. Do not state the goal itself as a subgoal. Write no proofs.
        """;

    /// <inheritdoc/>
    public string Name => $"endpoint:{name}";

    /// <inheritdoc/>
    public async Task<PlanDraft> PlanAsync(PlanRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var text = new StringBuilder().Append("Goal:\n").Append(request.State.Goals[0]).Append('\n');
        if (request.Proven.Count > 0)
            text.Append("\nProved already, and among the hypotheses:\n").AppendJoin('\n', request.Proven.Select(s => $"assert ({s}).")).Append('\n');
        if (request.Stuck is { } stuck)
            text.Append("\nThe next subgoal could not be proved (").Append(request.Reason).Append("):\nassert (").Append(stuck).Append(").\nGive other or smaller steps in its place, and do not begin with it.\n");
        var stream = request.Stream;
        var reply = await model.CompleteAsync(
            new CompletionCall { Model = name, Messages = [new("system", rules), new("user", text.ToString())], MaxTokens = maxTokens, Temperature = 1, Seed = stream.NextInt(int.MaxValue) },
            cancellationToken).ConfigureAwait(false);
        var answer = reply.Choices is [var first, ..] ? first.Text : "";
        var thought = answer.LastIndexOf("</think>", StringComparison.Ordinal);
        return new PlanDraft(world.ReadPlan(thought < 0 ? answer : answer[(thought + "</think>".Length)..]), reply.OutputTokens ?? 0);
    }
}
