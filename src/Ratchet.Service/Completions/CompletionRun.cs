using System.Security.Cryptography;
using System.Threading.Channels;
using Ratchet.Loop;
using Ratchet.Runs;
using Ratchet.Sampling;
using Ratchet.Service.Admission;

namespace Ratchet.Service.Completions;

/// <summary>What a request gave.</summary>
/// <param name="Choices">All choices, prompt by prompt.</param>
/// <param name="PromptScores">For each prompt the scores of its ids after the first, where they were asked for.</param>
internal sealed record CompletionResult(IReadOnlyList<ChoiceText> Choices, IReadOnlyList<IReadOnlyList<TokenScore>> PromptScores);

/// <summary>Runs requests in the batch that all of them share.</summary>
internal static class CompletionRun
{
    /// <summary>Runs a request to its end.</summary>
    /// <param name="service">Service.</param>
    /// <param name="client">Who asks.</param>
    /// <param name="request">Request.</param>
    /// <param name="stream">Takes pieces as they come, and is completed at the end; null for a request that is answered at once.</param>
    /// <param name="gone">Cancelled when nobody waits any more.</param>
    /// <exception cref="RequestRefusedException">There is no room (429), the time is over (408), or the language leaves no way on (400).</exception>
    public static async Task<CompletionResult> RunAsync(CheckService service, string client, CompletionRequest request, ChannelWriter<ChoicePiece>? stream, CancellationToken gone)
    {
        var clock = TimeProvider.System;
        var start = clock.GetTimestamp();
        TimeSpan? first = null;
        var total = request.Prompts.Count * request.Count;
        using var room = request.Model.Queue.TryReserve(client, total)
            ?? throw new RequestRefusedException(429, $"The queue of '{request.Model.Name}' is full: {request.Model.Queue.Pending} texts are pending.", TimeSpan.FromSeconds(2)) { Code = "rate_limit_exceeded" };
        using var deadline = service.StartDeadline();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(gone, deadline.Token);
        var seed = request.Seed is { } given ? unchecked((ulong)given) : BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8));
        var root = RandomStream.FromSeed(seed).Derive("completions");
        var choices = new List<ChoiceText>(total);
        var jobs = new List<Task<(IReadOnlyList<Sample> Samples, IReadOnlyList<TokenScore> Prompt)>>(request.Prompts.Count);
        Action<ChoicePiece>? emit = stream is null ? null : piece => stream.TryWrite(piece);
        var scorePrompts = request.Echo && request.Scores;
        for (var p = 0; p < request.Prompts.Count; p++)
        {
            var own = Enumerable.Range(0, request.Count).Select(i => new ChoiceText(request.Model, (p * request.Count) + i, request.Stops, emit)).ToList();
            choices.AddRange(own);
            var streams = request.OnlyEcho ? [] : Enumerable.Range(0, request.Count).Select(i => root.Derive(p).Derive(i)).ToList();
            var observer = new Observer(own, () => first ??= clock.GetElapsedTime(start));
            jobs.Add(request.OnlyEcho && !scorePrompts
                ? Task.FromResult<(IReadOnlyList<Sample>, IReadOnlyList<TokenScore>)>(([], []))
                : request.Model.Sampler.GenerateAsync(new SamplePrompt(request.Prompts[p], streams), request.Sampling, observer, scorePrompts, stop.Token));
        }

        try
        {
            await Task.WhenAll(jobs).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!gone.IsCancellationRequested)
        {
            throw new RequestRefusedException(408, "The text was not whole before the request's deadline.");
        }
        catch (RatchetException e)
        {
            throw new RequestRefusedException(400, CheckService.Shown(e.Message, 300)) { Parameter = "response_format" };
        }

        if (request.OnlyEcho)
        {
            foreach (var choice in choices)
                choice.End(new Sample([], [], Attempts.StopReason.Length));
        }

        service.Metrics.Completed(request.Model.Name, request.Prompts.Sum(x => x.Length), choices.Select(c => (c.Sample!.Ids.Length, c.Finish!)), clock.GetElapsedTime(start), first);
        return new CompletionResult(choices, [.. jobs.Select(j => j.Result.Prompt)]);
    }

    private sealed class Observer(List<ChoiceText> choices, Action first) : ISampleObserver
    {
        private bool _begun;

        public bool OnToken(int sample, int id, float logProbability, TokenScore? score)
        {
            if (!_begun)
            {
                _begun = true;
                first();
            }

            return choices[sample].Add(id, logProbability, score);
        }

        public void OnEnd(int sample, Sample result) => choices[sample].End(result);
    }
}
