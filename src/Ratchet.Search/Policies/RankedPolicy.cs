using Ratchet.Proving;
using Ratchet.Sampling;
using Ratchet.Tokenization;

namespace Ratchet.Search.Policies;

/// <summary>A decoder that ranks the steps of a list in the place of writing its own: nothing that the list has is missed, and no step is nonsense.</summary>
/// <remarks>
/// The probability of a step is the model's probability of its text, made to sum to 1 over the list. Steps that the tokenizer cannot write, or that have no room, get the probability of the least likely one. A list of one step
/// is scored too: its mean log-probability says what the model thinks of its text.
/// Costs a full pass over state and step for every step of the list, without draws: searches with it need no stream. Owns the sampler; dispose it.
/// </remarks>
/// <param name="name">What it is called.</param>
/// <param name="sampler">Sampler of the model; becomes the policy's own.</param>
/// <param name="tokenizer">Tokenizer of the model.</param>
/// <param name="language">What the model is shown for a state.</param>
/// <param name="enumerator">Lists steps.</param>
/// <param name="maxPositions">Positions of the model.</param>
/// <param name="most">Most steps of a list that are ranked, its first ones.</param>
public sealed class RankedPolicy(string name, ISampler sampler, ITokenizer tokenizer, StepLanguage language, IStepEnumerator enumerator, int maxPositions, int most = 64) : IStepPolicy, IDisposable
{
    /// <inheritdoc/>
    public string Name => $"{name} (ranks)";

    /// <inheritdoc/>
    public bool IsExhaustive => true;

    /// <inheritdoc/>
    public Task<IReadOnlyList<StepProposals>> ProposeAsync(IReadOnlyList<PolicyQuery> queries, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(queries);
        return Task.Run(() => Propose(queries, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => sampler.Dispose();

    private IReadOnlyList<StepProposals> Propose(IReadOnlyList<PolicyQuery> queries, CancellationToken cancellationToken)
    {
        var lists = new List<string[]>(queries.Count);
        var sequences = new List<IReadOnlyList<int>>();
        var places = new List<(int Query, int Step, int From)>();
        for (var q = 0; q < queries.Count; q++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var steps = enumerator.Steps(queries[q].State).Take(most).ToArray();
            lists.Add(steps);
            if (steps.Length == 0 || Ids(() => tokenizer.EncodePrompt(language.Prompt(queries[q].State))) is not { } prompt)
                continue;
            for (var s = 0; s < steps.Length; s++)
            {
                var step = steps[s];
                if (Ids(() => tokenizer.Encode(step)) is not { } ids || prompt.Length + ids.Length + 1 > maxPositions)
                    continue;
                sequences.Add([.. prompt, .. ids, tokenizer.EndId]);
                places.Add((q, s, prompt.Length));
            }
        }

        var scores = sequences.Count == 0 ? [] : sampler.Score(sequences);
        var logs = lists.ConvertAll(l => Enumerable.Repeat(double.NaN, l.Length).ToArray());
        var lengths = lists.ConvertAll(l => new int[l.Length]);
        for (var i = 0; i < places.Count; i++)
        {
            var sum = 0.0;
            for (var t = places[i].From - 1; t < scores[i].Length; t++)
                sum += scores[i][t];
            logs[places[i].Query][places[i].Step] = sum;
            lengths[places[i].Query][places[i].Step] = scores[i].Length - places[i].From + 1;
        }

        return [.. queries.Select((query, q) => Rank(lists[q], logs[q], lengths[q], query.Count))];
    }

    private static StepProposals Rank(string[] steps, double[] logs, int[] lengths, int count)
    {
        var known = logs.Where(l => !double.IsNaN(l)).ToArray();
        var least = known.Length == 0 ? 0 : known.Min();
        for (var i = 0; i < logs.Length; i++)
            logs[i] = double.IsNaN(logs[i]) ? least : logs[i];
        var largest = logs.Length == 0 ? 0 : logs.Max();
        var sum = largest + Math.Log(logs.Sum(l => Math.Exp(l - largest)));
        return new StepProposals([.. Enumerable.Range(0, steps.Length).OrderByDescending(i => logs[i]).ThenBy(i => i).Take(count)
            .Select(i => new StepProposal(steps[i], logs[i] - sum, Math.Max(1, lengths[i])) { MeanLogProbability = logs[i] / Math.Max(1, lengths[i]) })], lengths.Sum());
    }

    private static int[]? Ids(Func<int[]> encode)
    {
        try
        {
            return encode();
        }
        catch (TokenizationException)
        {
            return null;
        }
    }
}
