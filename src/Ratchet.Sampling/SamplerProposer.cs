using Ratchet.Attempts;
using Ratchet.Checkpoints;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Tokenization;

namespace Ratchet.Sampling;

/// <summary>Proposer that samples a decoder: the prompt of a problem goes in, the text that continues it comes out.</summary>
/// <remarks>
/// Sample i of problem p draws from <c>request.Stream.Derive(p.Id).Derive(i)</c>, so that an attempt does not depend on what else is asked
/// for. <see cref="Phase.Greedy"/> is sampled at temperature 0. Owns the sampler of the loaded checkpoint; dispose it.
/// </remarks>
public sealed class SamplerProposer : IProposer, IDisposable
{
    private readonly Func<Problem, string> _prompt;
    private readonly ITokenizer _tokenizer;
    private readonly Func<Checkpoint, ISampler> _open;
    private readonly SamplingOptions _train;
    private readonly SamplingOptions _heldout;
    private readonly SamplingOptions _greedy;
    private readonly int _maxPositions;
    private readonly ToolLoop? _tools;
    private ISampler? _sampler;
    private string _policy = "";

    /// <summary>Makes a proposer; <see cref="Load"/> a checkpoint before the first request.</summary>
    /// <param name="prompt">The text that the model is shown for a problem, usually <see cref="IDomain.Prompt"/>.</param>
    /// <param name="tokenizer">Tokenizer of the model. Its end id ends attempts, in addition to the options' own.</param>
    /// <param name="open">Makes the sampler of a checkpoint; the proposer disposes it.</param>
    /// <param name="maxPositions">Positions of the model: a prompt must leave room for at least one token.</param>
    /// <param name="train">How training attempts are drawn.</param>
    /// <param name="heldout">How held-out attempts are drawn; null as training ones. Greedy attempts take its limits.</param>
    /// <param name="tools">Tool that attempts may call; null for none. Not owned. Limits on new tokens then hold between calls.</param>
    public SamplerProposer(Func<Problem, string> prompt, ITokenizer tokenizer, Func<Checkpoint, ISampler> open, int maxPositions, SamplingOptions train, SamplingOptions? heldout = null, ToolUse? tools = null)
    {
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(open);
        ArgumentNullException.ThrowIfNull(train);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxPositions, 2);
        (_prompt, _tokenizer, _open, _maxPositions) = (prompt, tokenizer, open, maxPositions);
        _tools = tools is null ? null : new ToolLoop(tools, tokenizer, maxPositions);
        _train = Ending(train);
        _heldout = Ending(heldout ?? train);
        _greedy = _heldout with { Temperature = 0, TopK = 0, TopP = 1 };
    }

    /// <summary>Tokens sampled since the proposer was made, ending ids included, those of a tool left out.</summary>
    public long TokensSampled { get; private set; }

    /// <inheritdoc/>
    /// <exception cref="RatchetException">The checkpoint cannot be read.</exception>
    public void Load(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var sampler = _open(checkpoint);
        _sampler?.Dispose();
        _sampler = sampler;
        _policy = checkpoint.Id;
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">No checkpoint has been loaded.</exception>
    /// <exception cref="RatchetException">A problem's prompt cannot be written in the tokenizer's vocabulary, or is too long for the model.</exception>
    public Task<IReadOnlyList<Attempt>> ProposeAsync(ProposalRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var sampler = _sampler ?? throw new InvalidOperationException("No checkpoint has been loaded: call Load first.");
        return Task.Run(() => Propose(sampler, request, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _sampler?.Dispose();

    private IReadOnlyList<Attempt> Propose(ISampler sampler, ProposalRequest request, CancellationToken cancellationToken)
    {
        var prompts = new List<SamplePrompt>(request.Items.Count);
        foreach (var item in request.Items)
        {
            var parent = request.Stream.Derive(item.Problem.Id);
            prompts.Add(new SamplePrompt(PromptIds(item.Problem), [.. Enumerable.Range(item.FirstSample, item.Count).Select(i => parent.Derive(i))]));
        }

        var options = request.Phase switch
        {
            Phase.Greedy => _greedy,
            Phase.Heldout => _heldout,
            _ => _train,
        };
        var samples = _tools is null ? sampler.Generate(prompts, options, cancellationToken) : _tools.Generate(sampler, prompts, options, cancellationToken);
        var attempts = new List<Attempt>(samples.Count);
        for (var p = 0; p < prompts.Count; p++)
        {
            var item = request.Items[p];
            for (var i = 0; i < item.Count; i++)
            {
                var sample = samples[attempts.Count];
                TokensSampled += sample.LogProbabilities.Count(p => !float.IsNaN(p));
                attempts.Add(new Attempt
                {
                    Id = new AttemptId(request.Round, request.Phase, item.Problem.Id, item.FirstSample + i),
                    PromptIds = prompts[p].Ids,
                    TokenIds = sample.Ids,
                    LogProbabilities = sample.LogProbabilities,
                    Text = _tokenizer.Decode(sample.Ids),
                    Seed = prompts[p].Streams[i].Key,
                    Policy = _policy,
                    Stop = sample.Stop,
                });
            }
        }

        return attempts;
    }

    private int[] PromptIds(Problem problem)
    {
        int[] ids;
        try
        {
            ids = _tokenizer.EncodePrompt(_prompt(problem));
        }
        catch (TokenizationException e)
        {
            throw new RatchetException(
                $"The prompt of problem '{problem.Id}' cannot be written in the model's vocabulary: {e.Message} (character {e.Position + 1} of '{_prompt(problem)}').",
                "Use the symbols that the domain knows, or a model whose tokenizer has them.",
                e);
        }

        if (ids.Length >= _maxPositions)
        {
            throw new RatchetException(
                $"The prompt of problem '{problem.Id}' has {ids.Length} tokens with the begin mark; the model has {_maxPositions} positions and needs at least one for the attempt.",
                "Leave the problem out, or use a model with more positions.");
        }

        return ids;
    }

    private SamplingOptions Ending(SamplingOptions options)
        => options.StopIds.Contains(_tokenizer.EndId) ? options : options with { StopIds = [.. options.StopIds, _tokenizer.EndId] };
}
