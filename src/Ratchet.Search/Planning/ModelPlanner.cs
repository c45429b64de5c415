using Ratchet.Attempts;
using Ratchet.Proving;
using Ratchet.Sampling;
using Ratchet.Tokenization;

namespace Ratchet.Search.Planning;

/// <summary>A decoder that writes subgoals: the state's prompt goes in, a text comes out that the world reads as a plan.</summary>
/// <remarks>Owns the sampler; dispose it.</remarks>
public sealed class ModelPlanner : IPlanner, IDisposable
{
    private readonly ISampler _sampler;
    private readonly ITokenizer _tokenizer;
    private readonly ISubgoalWorld _world;
    private readonly Func<ProofState, string> _prompt;
    private readonly int _maxPositions;
    private readonly SamplingOptions _options;

    /// <summary>Makes a planner.</summary>
    /// <param name="name">What it is called.</param>
    /// <param name="sampler">Sampler of the model; becomes the planner's own.</param>
    /// <param name="tokenizer">Tokenizer of the model.</param>
    /// <param name="world">Reads plans.</param>
    /// <param name="prompt">What the model is shown for a state.</param>
    /// <param name="maxPositions">Positions of the model.</param>
    /// <param name="options">How plans are drawn.</param>
    public ModelPlanner(string name, ISampler sampler, ITokenizer tokenizer, ISubgoalWorld world, Func<ProofState, string> prompt, int maxPositions, SamplingOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(options);
        (Name, _sampler, _tokenizer, _world, _prompt, _maxPositions) = (name, sampler, tokenizer, world, prompt, maxPositions);
        _options = options with { StopIds = [.. options.StopIds, tokenizer.EndId] };
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public Task<PlanDraft> PlanAsync(PlanRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Task.Run(
            () =>
            {
                int[] ids;
                try
                {
                    ids = _tokenizer.EncodePrompt(_prompt(request.State));
                }
                catch (TokenizationException)
                {
                    return new PlanDraft([]);
                }

                if (ids.Length >= _maxPositions)
                    return new PlanDraft([]);
                var sample = _sampler.Generate([new SamplePrompt(ids, [request.Stream])], _options, cancellationToken)[0];
                return new PlanDraft(sample.Stop == StopReason.EndToken ? _world.ReadPlan(_tokenizer.Decode(sample.Ids)) : [], sample.Ids.Length);
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _sampler.Dispose();
}
