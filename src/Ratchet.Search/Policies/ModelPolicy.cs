using Ratchet.Attempts;
using Ratchet.Proving;
using Ratchet.Sampling;
using Ratchet.Tokenization;

namespace Ratchet.Search.Policies;

/// <summary>
/// A decoder that proposes steps: the state's prompt goes in, a step comes out. All queries of a call are drawn in one batch.
/// </summary>
/// <remarks>
/// Draft i of a query draws from <c>query.Stream.Derive(i)</c>. Log-probabilities are the model's own (temperature 1, nothing cut), whatever it was drawn with. A text that was cut off, that is
/// empty, or that holds ids without text, is no proposal. BFS-Prover-V2 (arXiv 2509.06493), released code, src/search: one tactic a query, duplicates dropped by the search. Owns the sampler; dispose it.
/// </remarks>
public sealed class ModelPolicy : IStepPolicy, IDisposable
{
    private readonly ISampler _sampler;
    private readonly ITokenizer _tokenizer;
    private readonly StepLanguage _language;
    private readonly int _maxPositions;
    private readonly SamplingOptions _draw;
    private readonly SamplingOptions _greedy;
    private readonly bool _needsScores;
    private readonly Dictionary<int, bool> _silent = [];

    /// <summary>Makes a policy.</summary>
    /// <param name="name">What it is called, for example the checkpoint's identifier.</param>
    /// <param name="sampler">Sampler of the model; becomes the policy's own.</param>
    /// <param name="tokenizer">Tokenizer of the model.</param>
    /// <param name="language">What the model is shown and how its texts are read.</param>
    /// <param name="maxPositions">Positions of the model.</param>
    /// <param name="options">How steps are drawn; the tokenizer's end id is added to the ids that end one.</param>
    public ModelPolicy(string name, ISampler sampler, ITokenizer tokenizer, StepLanguage language, int maxPositions, SamplingOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(sampler);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(language);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxPositions, 2);
        (Name, _sampler, _tokenizer, _language, _maxPositions) = (name, sampler, tokenizer, language, maxPositions);
        _draw = options.StopIds.Contains(tokenizer.EndId) ? options : options with { StopIds = [.. options.StopIds, tokenizer.EndId] };
        _needsScores = options.Temperature != 1 || options.TopP < 1 || options.TopK > 0 || options.Constraint is not null;
        if (_needsScores)
            _draw = _draw with { ModelScores = 0 };
        _greedy = _draw with { Temperature = 0, TopP = 1, TopK = 0, ModelScores = 0 };
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public bool IsExhaustive => false;

    /// <inheritdoc/>
    public Task<IReadOnlyList<StepProposals>> ProposeAsync(IReadOnlyList<PolicyQuery> queries, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(queries);
        return Task.Run(() => Propose(queries, cancellationToken), cancellationToken);
    }

    /// <summary>The ids that the model is shown for a state; null where the tokenizer cannot write them or the model has no room behind them.</summary>
    public int[]? PromptIds(ProofState state)
    {
        try
        {
            var ids = _tokenizer.EncodePrompt(_language.Prompt(state));
            return ids.Length < _maxPositions ? ids : null;
        }
        catch (TokenizationException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _sampler.Dispose();

    private IReadOnlyList<StepProposals> Propose(IReadOnlyList<PolicyQuery> queries, CancellationToken cancellationToken)
    {
        var result = new StepProposals[queries.Count];
        foreach (var greedy in (bool[])[false, true])
        {
            var asked = new List<int>();
            var prompts = new List<SamplePrompt>();
            for (var i = 0; i < queries.Count; i++)
            {
                if (queries[i].Greedy != greedy)
                    continue;
                if (PromptIds(queries[i].State) is not { } ids)
                {
                    result[i] = new StepProposals([], 0, queries[i].Count);
                    continue;
                }

                asked.Add(i);
                prompts.Add(new SamplePrompt(ids, [.. Enumerable.Range(0, greedy ? 1 : queries[i].Count).Select(n => queries[i].Stream.Derive(n))]));
            }

            if (prompts.Count == 0)
                continue;
            var samples = _sampler.Generate(prompts, greedy ? _greedy : _draw, cancellationToken);
            var next = 0;
            for (var p = 0; p < prompts.Count; p++)
            {
                var count = prompts[p].Streams.Count;
                result[asked[p]] = Read(samples, next, count, greedy || _needsScores);
                next += count;
            }
        }

        return result;
    }

    /// <summary>Whether ids before the last give no text: such a draft would be learned from as another one than was drawn.</summary>
    private bool HoldsSilent(int[] ids)
    {
        for (var i = 0; i < ids.Length - 1; i++)
        {
            if (!_silent.TryGetValue(ids[i], out var silent))
                _silent[ids[i]] = silent = _tokenizer.Decode([ids[i]]).Length == 0;
            if (silent)
                return true;
        }

        return false;
    }

    private StepProposals Read(IReadOnlyList<Sample> samples, int first, int count, bool scored)
    {
        var proposals = new List<StepProposal>(count);
        var (tokens, unusable) = (0, 0);
        for (var i = first; i < first + count; i++)
        {
            var sample = samples[i];
            tokens += sample.Ids.Length;
            var steps = (sample.Stop is StopReason.EndToken or StopReason.StopString) && !HoldsSilent(sample.Ids) ? _language.Steps(_tokenizer.Decode(sample.Ids)) : [];
            if (steps.Count == 0)
            {
                unusable++;
                continue;
            }

            var logProbability = scored ? sample.ModelScores.Sum(s => (double)s.LogProbability) : sample.LogProbabilities.Sum(l => (double)l);
            proposals.Add(new StepProposal(steps[0], logProbability, sample.Ids.Length) { Then = [.. steps.Skip(1)] });
        }

        return new StepProposals(proposals, tokens, unusable);
    }
}

/// <summary>How a world's states and steps are written for a model.</summary>
/// <param name="Prompt">What the model is shown for a state.</param>
/// <param name="Steps">The steps that a text of the model's spells: one for a step prover, several for a model that writes whole proofs, none where the text is no step.</param>
public sealed record StepLanguage(Func<ProofState, string> Prompt, Func<string, IReadOnlyList<string>> Steps)
{
    /// <summary>A language whose texts are one step each, white space around it left out.</summary>
    public static StepLanguage OneStep(Func<ProofState, string> prompt) => new(prompt, static text => text.Trim() is { Length: > 0 } step ? [step] : []);
}
