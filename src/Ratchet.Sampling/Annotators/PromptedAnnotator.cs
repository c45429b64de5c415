using System.Text.RegularExpressions;
using Ratchet.Loop;
using Ratchet.Preferences;
using Ratchet.Sampling.Endpoints;

namespace Ratchet.Sampling.Annotators;

/// <summary>A prompted model as an annotator.</summary>
/// <remarks>
/// <para>Answers that cannot be read leave no preference, with the reason; they are counted and never guessed. Responses are shown in the order in which the pair is written: put the annotator
/// into a pool, which shuffles it.</para>
/// <para>A comparison is asked alone or in a batch with the next ones, as the pack says. So that the same pair gets the same call whatever else is asked, batches are formed from requests in
/// the order of a hash of pair and replicate; the same set of requests gives the same batches in any order.</para>
/// <para>Retries, prices and recorded replies are the model's: <see cref="EndpointClient"/>, <see cref="RecordedModel"/>. Safe from many threads.</para>
/// </remarks>
public sealed class PromptedAnnotator : IAnnotator
{
    private readonly ICompletionModel _model;
    private readonly AnnotatorPrompt _prompt;
    private readonly string _modelName;
    private readonly RandomStream _stream;
    private readonly int _concurrency;
    private long _unread;

    /// <summary>Makes an annotator.</summary>
    /// <param name="model">Answers the calls. Not owned.</param>
    /// <param name="pack">Pack that the prompt belongs to; part of the name.</param>
    /// <param name="prompt">Prompt, valid.</param>
    /// <param name="modelName">Model where the prompt names none.</param>
    /// <param name="seed">Seed of the calls.</param>
    /// <param name="concurrency">Calls at one time, at least 1.</param>
    /// <exception cref="ArgumentException">Neither prompt nor caller name a model.</exception>
    public PromptedAnnotator(ICompletionModel model, AnnotatorPack pack, AnnotatorPrompt prompt, string? modelName, ulong seed, int concurrency = 8)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(pack);
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentOutOfRangeException.ThrowIfLessThan(concurrency, 1);
        _modelName = prompt.Model ?? modelName ?? throw new ArgumentException($"The annotator {prompt.Name} names no model.", nameof(modelName));
        (_model, _prompt, _concurrency) = (model, prompt, concurrency);
        Name = $"{pack.Name}-{pack.Version}/{prompt.Name}";
        _stream = RandomStream.FromSeed(seed).Derive("prompted annotator").Derive(Name);
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Comparisons whose answer could not be read, so far.</summary>
    public long Unread => Interlocked.Read(ref _unread);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<Annotation>> AnnotateAsync(IReadOnlyList<AnnotationRequest> requests, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(requests);
        var results = new Annotation[requests.Count];
        var order = Enumerable.Range(0, requests.Count).OrderBy(i => Stream(requests[i]).Key).ThenBy(i => requests[i].Pair.Id, StringComparer.Ordinal).ThenBy(i => requests[i].Replicate);
        var settings = new ParallelOptions { MaxDegreeOfParallelism = _concurrency, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(order.Chunk(_prompt.Batch), settings, async (batch, token) =>
        {
            var pairs = batch.Select(i => requests[i].Pair).ToList();
            var call = new CompletionCall
            {
                Model = _modelName,
                Messages = _prompt.Ask([.. pairs.Select(p => (p.Instruction, p.First, p.Second))]),
                MaxTokens = _prompt.MaxTokens,
                Temperature = _prompt.Temperature,
                Seed = (int)(Stream(requests[batch[0]]).Key & int.MaxValue),
                LogitBias = _prompt.LogitBias,
                TopLogProbabilities = _prompt.Verdict.From == VerdictSource.Probabilities ? 5 : 0,
            };
            var reply = await _model.CompleteAsync(call, token).ConfigureAwait(false);
            var (read, failure) = Read(reply, batch.Length);
            for (var k = 0; k < batch.Length; k++)
                results[batch[k]] = new Annotation { PairId = pairs[k].Id, Replicate = requests[batch[k]].Replicate, Annotator = Name, Preference = read?[k], Failure = failure };
            if (read is null)
                Interlocked.Add(ref _unread, batch.Length);
        }).ConfigureAwait(false);
        return results;
    }

    private (IReadOnlyList<double>? Read, string? Failure) Read(CompletionReply reply, int comparisons)
    {
        if (reply.Choices.Count == 0)
            return (null, "the model gave no answer");
        try
        {
            return _prompt.Preferences(reply.Choices[0], comparisons) is { } read ? (read, null) : (null, $"the answer is no verdict on {comparisons}: {Shown(reply.Choices[0].Text)}");
        }
        catch (RegexMatchTimeoutException)
        {
            return (null, "the verdict's pattern took too long on the answer");
        }
    }

    private RandomStream Stream(AnnotationRequest request) => _stream.Derive(request.Pair.Instruction).Derive(request.Pair.Id).Derive(request.Pair.First).Derive(request.Pair.Second).Derive(request.Replicate);

    private static string Shown(string text) => text.Length <= 80 ? text : text[..80] + "...";
}
