using Ratchet.Loop;
using Ratchet.Tokenization;

namespace Ratchet.Learning.Preferences;

/// <summary>Trains a policy on preference pairs by direct preference optimization.</summary>
public sealed class DpoLearner
{
    private readonly ITokenizer _tokenizer;
    private readonly LearningOptions _options;
    private readonly DpoOptions _dpo;
    private readonly DecoderTrainerFactory? _factory;

    /// <summary>Makes a learner.</summary>
    /// <param name="tokenizer">Written beside the weights.</param>
    /// <param name="dpo">Settings of the loss; null for the defaults.</param>
    /// <param name="options">Schedule, optimizer and engine; null for the defaults. The size of a step is <see cref="DpoOptions.BatchPairs"/>.</param>
    /// <param name="trainerFactory">Makes the engine; null for own kernels.</param>
    public DpoLearner(ITokenizer tokenizer, DpoOptions? dpo = null, LearningOptions? options = null, DecoderTrainerFactory? trainerFactory = null) =>
        (_tokenizer, _dpo, _options, _factory) = (tokenizer, dpo ?? new DpoOptions(), options ?? new LearningOptions(), trainerFactory);

    /// <summary>Trains and writes the checkpoint.</summary>
    public Task<LearningResult> LearnAsync(PreferenceRequest request, IProgress<LearningStep>? progress, CancellationToken cancellationToken) =>
        throw new NotImplementedException($"{_tokenizer} {_options} {_dpo} {_factory} {request}");
}
