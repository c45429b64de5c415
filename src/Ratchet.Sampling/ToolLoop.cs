using Ratchet.Attempts;
using Ratchet.Loop;
using Ratchet.Runs;
using Ratchet.Tokenization;

namespace Ratchet.Sampling;

/// <summary>How a model uses a tool while it writes.</summary>
/// <param name="Tool">Tool.</param>
/// <param name="MaxCalls">Calls that an attempt may make, at least 1. Default 4, as in Qwen2.5-Math.</param>
public sealed record ToolUse(ITool Tool, int MaxCalls = 4);

/// <summary>
/// Sampling with a tool: write until a call, answer it, write on from there. What the tool says enters the attempt as ids with a log-probability
/// of not a number, so that it is context and never a target.
/// </summary>
/// <remarks>
/// Call n of a sample draws from its stream for n = 0, and from <c>stream.Derive("call").Derive(n)</c> after that. The limit on new tokens holds
/// for each stretch between calls, as in the report.
/// </remarks>
internal sealed class ToolLoop
{
    /// <summary>What stands at the end of an attempt that has used up its calls.</summary>
    public const string LimitNotice = "\nReach max function call limit.";

    private readonly ToolUse _use;
    private readonly ITokenizer _tokenizer;
    private readonly int _maxPositions;
    private readonly bool?[] _mayEndCall;

    /// <summary>Makes a loop.</summary>
    /// <param name="use">Tool and limit.</param>
    /// <param name="tokenizer">Tokenizer of the model; it must be able to write what the tool says.</param>
    /// <param name="maxPositions">Positions of the model.</param>
    public ToolLoop(ToolUse use, ITokenizer tokenizer, int maxPositions)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(use.MaxCalls, 1);
        (_use, _tokenizer, _maxPositions) = (use, tokenizer, maxPositions);
        _mayEndCall = new bool?[tokenizer.VocabularySize];
    }

    /// <summary>As <see cref="ISampler.Generate"/>, with the tool's answers among the ids.</summary>
    public IReadOnlyList<Sample> Generate(ISampler sampler, IReadOnlyList<SamplePrompt> prompts, SamplingOptions options, CancellationToken cancellationToken)
    {
        var drafts = new List<Draft>();
        foreach (var prompt in prompts)
            drafts.AddRange(prompt.Streams.Select(s => new Draft(prompt, s, _use.Tool.Begin())));
        var first = true;
        for (var open = drafts; open.Count > 0; open = open.FindAll(d => d.Stop is null))
        {
            Continue(sampler, first ? prompts : [.. open.Select(d => d.Next())], open, options, cancellationToken);
            first = false;

            // The tool's own pool says how many calls run at one time.
            Task.WhenAll(open.Where(d => d.Stop is null).Select(d => AnswerAsync(d, cancellationToken))).GetAwaiter().GetResult();
        }

        return [.. drafts.Select(d => new Sample([.. d.Ids], [.. d.LogProbabilities], d.Stop!.Value))];
    }

    /// <summary>One more stretch of the open drafts, all in one batch.</summary>
    private void Continue(ISampler sampler, IReadOnlyList<SamplePrompt> prompts, List<Draft> open, SamplingOptions options, CancellationToken cancellationToken)
    {
        // A rule sees the ids of its stretch alone. A call begins and ends in one stretch: the tool's answer is whole.
        var samples = sampler.Generate(prompts, options with { StopWhen = ids => EndsInCall(ids) }, cancellationToken);
        for (var i = 0; i < open.Count; i++)
        {
            var (draft, sample) = (open[i], samples[i]);
            draft.Ids.AddRange(sample.Ids);
            draft.LogProbabilities.AddRange(sample.LogProbabilities);
            draft.Stop = sample.Stop == StopReason.StopString && EndsInCall(sample.Ids) ? null : sample.Stop;
        }
    }

    private bool EndsInCall(ReadOnlySpan<int> ids)
    {
        var last = ids[^1];
        var may = _mayEndCall[last] ??= _tokenizer.Decode([last]).AsSpan().IndexOfAny('`', '\n', '>') >= 0;
        return may && _use.Tool.EndsInCall(_tokenizer.Decode(ids));
    }

    private async Task AnswerAsync(Draft draft, CancellationToken cancellationToken)
    {
        var answer = await draft.Dialogue.AnswerAsync(_tokenizer.Decode([.. draft.Ids]), cancellationToken).ConfigureAwait(false);
        if (answer is null)
        {
            draft.Stop = StopReason.StopString;
            return;
        }

        var last = ++draft.Calls == _use.MaxCalls;
        int[] ids;
        try
        {
            ids = _tokenizer.Encode(last ? answer.TrimEnd('\n') + LimitNotice : answer);
        }
        catch (TokenizationException e)
        {
            throw new RatchetException($"What the tool '{_use.Tool.Name}' says cannot be written in the model's vocabulary: {e.Message}", "Use a tokenizer that can write any text (model.tokenizer: bpe).", e);
        }

        // A model has to have a place for at least one more id, or there is nothing to go on with.
        var room = _maxPositions - draft.Prompt.Ids.Count - draft.Ids.Count;
        if (last || ids.Length >= room)
            draft.Stop = StopReason.Length;
        foreach (var id in ids.Take(Math.Max(room, 0)))
        {
            draft.Ids.Add(id);
            draft.LogProbabilities.Add(float.NaN);
        }
    }

    /// <summary>An attempt that is being written.</summary>
    private sealed class Draft(SamplePrompt prompt, RandomStream stream, IToolDialogue dialogue)
    {
        public SamplePrompt Prompt { get; } = prompt;

        public IToolDialogue Dialogue { get; } = dialogue;

        public List<int> Ids { get; } = [];

        public List<float> LogProbabilities { get; } = [];

        public int Calls { get; set; }

        public StopReason? Stop { get; set; }

        public SamplePrompt Next() => new([.. Prompt.Ids, .. Ids], [stream.Derive("call").Derive(Calls)]);
    }
}
