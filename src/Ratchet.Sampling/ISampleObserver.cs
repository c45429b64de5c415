namespace Ratchet.Sampling;

/// <summary>Hears of tokens as they are drawn. Called from the sampler's threads, for one sample by one at a time; it must not wait.</summary>
public interface ISampleObserver
{
    /// <summary>A token was drawn.</summary>
    /// <param name="sample">Number of the sample among those of its prompt.</param>
    /// <param name="id">Token.</param>
    /// <param name="logProbability">Natural-log probability under the distribution that it was drawn from.</param>
    /// <param name="score">The model's own view, where it was asked for.</param>
    /// <returns>False ends the sample here, with <see cref="Attempts.StopReason.StopString"/>; the token stays part of it.</returns>
    bool OnToken(int sample, int id, float logProbability, TokenScore? score);

    /// <summary>A sample has ended.</summary>
    void OnEnd(int sample, Sample result);
}
