using Ratchet.Attempts;
using Ratchet.Checkpoints;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Tokenization;

namespace Ratchet.Sampling.Endpoints;

/// <summary>How an endpoint is asked for attempts.</summary>
public sealed record EndpointSampling
{
    /// <summary>Name of the model.</summary>
    public required string Model { get; init; }

    /// <summary>Form of the requests.</summary>
    public EndpointApi Api { get; init; } = EndpointApi.Chat;

    /// <summary>Divides the logits; at least 0.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Share of probability that is kept, above 0 and at most 1.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Limit on an answer's tokens, at least 1.</summary>
    public int MaxTokens { get; init; } = 1024;

    /// <summary>Texts that end an answer.</summary>
    public IReadOnlyList<string> Stops { get; init; } = [];

    /// <summary>Attempts asked for in one call, at least 1.</summary>
    public int ChoicesPerCall { get; init; } = 1;

    /// <summary>Calls at one time, at least 1.</summary>
    public int Concurrency { get; init; } = 8;

    /// <summary>Log-probabilities and ids are asked for; attempts that come without them are off-policy.</summary>
    public bool LogProbabilities { get; init; }
}

/// <summary>Proposer that asks a model elsewhere. What it brings is not the policy's own: see <see cref="Attempt.IsOffPolicy"/>.</summary>
/// <remarks>
/// Attempts to be learned from by a local model are given ids in its tokenizer, and never log-probabilities: they are the local model's reading of a text that it did not
/// write. Without a tokenizer, ids and log-probabilities are those of the endpoint where it tells both. Seeds come from the request's stream, so the same request makes the same calls.
/// </remarks>
public sealed class EndpointProposer : IProposer
{
    private readonly ICompletionModel _model;
    private readonly EndpointSampling _sampling;
    private readonly PromptTemplate _template;
    private readonly Func<Problem, string> _prompt;
    private readonly ITokenizer? _tokenizer;

    /// <summary>Makes a proposer.</summary>
    /// <param name="model">Answers the calls. Not owned.</param>
    /// <param name="sampling">How attempts are asked for.</param>
    /// <param name="template">How a problem is put.</param>
    /// <param name="prompt">The text that the domain's own models continue, usually <see cref="IDomain.Prompt"/>.</param>
    /// <param name="tokenizer">Tokenizer of a local model that learns from the attempts, or null.</param>
    public EndpointProposer(ICompletionModel model, EndpointSampling sampling, PromptTemplate template, Func<Problem, string> prompt, ITokenizer? tokenizer = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(sampling);
        ArgumentNullException.ThrowIfNull(template);
        ArgumentNullException.ThrowIfNull(prompt);
        ArgumentOutOfRangeException.ThrowIfLessThan(sampling.ChoicesPerCall, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(sampling.Concurrency, 1);
        (_model, _sampling, _template, _prompt, _tokenizer) = (model, sampling, template, prompt, tokenizer);
    }

    /// <summary>What attempts carry as their policy.</summary>
    public string Policy => "endpoint:" + _sampling.Model;

    /// <summary>Does nothing: the model is elsewhere.</summary>
    public void Load(Checkpoint checkpoint)
    {
    }

    /// <inheritdoc/>
    /// <exception cref="Runs.RatchetException">The endpoint cannot be used, or the budget is used up; what it answered is kept where replies are recorded.</exception>
    public async Task<IReadOnlyList<Attempt>> ProposeAsync(ProposalRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var results = request.Items.Select(i => new Attempt[i.Count]).ToList();
        var calls = new List<(int Item, int From, int Count)>();
        for (var i = 0; i < results.Count; i++)
        {
            for (var from = 0; from < results[i].Length; from += _sampling.ChoicesPerCall)
                calls.Add((i, from, Math.Min(_sampling.ChoicesPerCall, results[i].Length - from)));
        }

        var settings = new ParallelOptions { MaxDegreeOfParallelism = _sampling.Concurrency, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(calls, settings, async (call, token) =>
        {
            var item = request.Items[call.Item];
            var parent = request.Stream.Derive(item.Problem.Id);
            for (var done = 0; done < call.Count;)
            {
                // Servers that give fewer texts than asked for are asked again for the rest.
                var sample = item.FirstSample + call.From + done;
                var seed = (int)(parent.Derive(sample).Key & int.MaxValue);
                var reply = await _model.CompleteAsync(Call(request.Phase, item.Problem, call.Count - done, seed), token).ConfigureAwait(false);
                if (reply.Choices.Count == 0)
                    throw new Runs.RatchetException("The endpoint answered without any text.", "See that the model's name and the limits are right.");
                foreach (var choice in reply.Choices.Take(call.Count - done))
                {
                    var id = new AttemptId(request.Round, request.Phase, item.Problem.Id, item.FirstSample + call.From + done);
                    results[call.Item][call.From + done++] = Attempt(id, item.Problem, choice, (ulong)seed);
                }
            }
        }).ConfigureAwait(false);
        return [.. results.SelectMany(r => r)];
    }

    private CompletionCall Call(Phase phase, Problem problem, int count, int seed)
    {
        var prompt = _prompt(problem);
        var chat = _sampling.Api == EndpointApi.Chat;
        return new CompletionCall
        {
            Model = _sampling.Model,
            Messages = chat ? [.. _template.Messages.Select(m => m with { Content = PromptTemplate.Fill(m.Content, problem.Statement, prompt) })] : null,
            Prompt = chat ? null : PromptTemplate.Fill(_template.Text, problem.Statement, prompt),
            Count = count,
            MaxTokens = _sampling.MaxTokens,
            Temperature = phase == Phase.Greedy ? 0 : _sampling.Temperature,
            TopP = phase == Phase.Greedy ? 1 : _sampling.TopP,
            Seed = seed,
            Stops = _sampling.Stops,
            LogProbabilities = _sampling.LogProbabilities,
        };
    }

    private Attempt Attempt(AttemptId id, Problem problem, CompletionChoice choice, ulong seed)
    {
        var text = _template.Extract(choice.Text);
        var stop = choice.Finish switch { "length" => StopReason.Length, _ => StopReason.EndToken };
        var (prompt, tokens, logs) = _tokenizer is { } local ? Local(local, problem, text, stop)
            : choice.TokenIds.Count > 0 && choice.LogProbabilities.Count == choice.TokenIds.Count && text == choice.Text ? (choice.PromptIds, choice.TokenIds, choice.LogProbabilities)
            : ([], [], []);
        return new Attempt { Id = id, PromptIds = prompt, TokenIds = tokens, LogProbabilities = logs, Text = text, Seed = seed, Policy = Policy, Stop = stop };
    }

    /// <summary>The ids by which a local model would have written the text; none where its vocabulary cannot write it.</summary>
    private (IReadOnlyList<int> Prompt, IReadOnlyList<int> Tokens, IReadOnlyList<float> LogProbabilities) Local(ITokenizer tokenizer, Problem problem, string text, StopReason stop)
    {
        try
        {
            int[] ids = tokenizer.Encode(text);
            return ([tokenizer.BeginId, .. tokenizer.Encode(_prompt(problem))], stop == StopReason.EndToken ? [.. ids, tokenizer.EndId] : ids, []);
        }
        catch (TokenizationException)
        {
            return ([], [], []);
        }
    }
}
