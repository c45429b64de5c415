using Ratchet.Loop;
using Ratchet.Tokenization;

namespace Ratchet.Learning.Preferences;

/// <summary>Trains a reward model: on pairs (Bradley-Terry) or on labelled groups (the listwise loss of Qwen2.5-Math).</summary>
public sealed class RewardModelLearner
{
    private readonly ITokenizer _tokenizer;
    private readonly LearningOptions _options;
    private readonly RewardModelOptions _reward;
    private readonly DecoderTrainerFactory? _factory;

    /// <summary>Makes a learner.</summary>
    /// <param name="tokenizer">Written beside the weights.</param>
    /// <param name="reward">Settings of the loss; null for the defaults.</param>
    /// <param name="options">Schedule, optimizer and engine; null for the defaults.</param>
    /// <param name="trainerFactory">Makes the engine; null for own kernels.</param>
    public RewardModelLearner(ITokenizer tokenizer, RewardModelOptions? reward = null, LearningOptions? options = null, DecoderTrainerFactory? trainerFactory = null) =>
        (_tokenizer, _reward, _options, _factory) = (tokenizer, reward ?? new RewardModelOptions(), options ?? new LearningOptions(), trainerFactory);

    /// <summary>Trains on pairs and writes the checkpoint.</summary>
    public Task<LearningResult> LearnAsync(PreferenceRequest request, IProgress<LearningStep>? progress, CancellationToken cancellationToken) =>
        throw new NotImplementedException($"{_tokenizer} {_options} {_reward} {_factory} {request}");

    /// <summary>Trains on labelled groups and writes the checkpoint.</summary>
    public Task<LearningResult> LearnAsync(LabelledGroupRequest request, IProgress<LearningStep>? progress, CancellationToken cancellationToken) =>
        throw new NotImplementedException($"{request}");
}
