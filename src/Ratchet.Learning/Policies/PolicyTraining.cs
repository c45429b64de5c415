using Ratchet.Tokenization;

namespace Ratchet.Learning.Policies;

/// <summary>
/// Trains a policy on rewards: samples from the present weights, has the samples judged, and takes optimizer steps on them, batch by batch.
/// </summary>
/// <remarks>
/// <para>Start reading at <c>PolicyRun</c>: its loop is the algorithm, <c>PolicyRun.Learn.cs</c> what the algorithms differ in, <see cref="Advantages"/> and <c>Objectives</c> their
/// equations.</para>
/// <para>The sampler gets the weights in memory after every update; nothing is written between snapshots. A training that is killed goes on from its last snapshot when it is asked for
/// again, and ends at the same bits; a finished one is returned as it is. What the judge does is not part of a training's identity: give another folder where it changes.</para>
/// </remarks>
public sealed class PolicyTraining
{
    private readonly PolicyTrainingOptions _options;
    private readonly ITokenizer _tokenizer;
    private readonly RolloutJudge _judge;
    private readonly PolicyEngine _engine;
    private readonly PolicyTrainingHooks _hooks;

    /// <summary>Makes a training.</summary>
    /// <param name="options">Settings.</param>
    /// <param name="tokenizer">Tokenizer of the policy; its end id ends samples. Written beside the weights.</param>
    /// <param name="judge">Judges rollouts.</param>
    /// <param name="engine">Engines; null for own kernels on one thread.</param>
    /// <param name="hooks">What the caller hears and does meanwhile, or null.</param>
    /// <exception cref="Runs.RatchetException">Settings are invalid; the message names all mistakes.</exception>
    public PolicyTraining(PolicyTrainingOptions options, ITokenizer tokenizer, RolloutJudge judge, PolicyEngine? engine = null, PolicyTrainingHooks? hooks = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(judge);
        options.ThrowIfInvalid();
        (_options, _tokenizer, _judge, _engine, _hooks) = (options, tokenizer, judge, engine ?? PolicyEngine.Cpu(), hooks ?? new PolicyTrainingHooks());
    }

    /// <summary>Trains and writes the checkpoint.</summary>
    /// <exception cref="Runs.RatchetException">A checkpoint is not readable, a prompt does not fit the model, or loss or gradient are no longer finite; a snapshot stays.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled; a snapshot stays.</exception>
    public Task<PolicyTrainingResult> TrainAsync(PolicyTrainingRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Task.Run(
            async () =>
            {
                if (PolicyManifest.Finished(request, _options, _engine) is { } finished)
                    return finished;
                using var run = new PolicyRun(request, _options, _tokenizer, _judge, _engine, _hooks);
                return await run.TrainAsync(cancellationToken).ConfigureAwait(false);
            },
            cancellationToken);
    }
}
