using System.Security.Cryptography;
using System.Text;
using Ratchet.Attempts;
using Ratchet.Checkpoints;
using Ratchet.Examples;
using Ratchet.Journal;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Selection;
using Ratchet.Tests.Evaluation;
using Ratchet.Verdicts;

namespace Ratchet.Tests.Loop;

/// <summary>
/// A loop without a model: an attempt is a number drawn from its stream and the policy's weights, even numbers are right, and weights are a
/// hash of start weights and rows. So every mistake in what is asked, judged, selected or learned shows in the last hash.
/// </summary>
internal sealed class FakeStages : IProposer, IVerifier, ILearner
{
    private Checkpoint? _policy;
    private int _checks;

    public string Name => "parity";

    public string Version => "1";

    /// <summary>Numbers are drawn from [0, Range).</summary>
    public int Range { get; init; } = 40;

    /// <summary>Called with the request before sampling.</summary>
    public Func<ProposalRequest, Task> BeforePropose { get; set; } = _ => Task.CompletedTask;

    /// <summary>Judges a number in place of the parity, or gives null.</summary>
    public Func<int, Verdict?> Judge { get; set; } = _ => null;

    /// <summary>Called with the text before judging.</summary>
    public Func<string, Task> BeforeVerify { get; set; } = _ => Task.CompletedTask;

    public Action<LearningRequest> BeforeLearn { get; set; } = _ => { };

    public int Checks => _checks;

    public List<string> Loaded { get; } = [];

    public LoopStages Stages(SelectionOptions? selection = null) => new(this, this, new VerifiedSelector(selection ?? new SelectionOptions(), Judged.EndId), this, this);

    public static ProblemSet Problems(int train = 10, int heldout = 4) => new(
        [
            Judged.Problem("s1", split: Split.Seed),
            .. Enumerable.Range(1, train).Select(i => Judged.Problem($"t{i}", i % 2 == 0 ? "even" : "odd")),
            .. Enumerable.Range(1, heldout).Select(i => Judged.Problem($"h{i}", i % 2 == 0 ? "even" : "odd", Split.Heldout)),
        ],
        new Dictionary<string, string> { ["s1"] = "2" });

    public static IReadOnlyList<Example> Seed { get; } =
        [new Example { Id = "seed/s1", Ids = [1, 9, 12, 2], TargetStart = 2, ProblemId = "s1", AttemptIds = [] }];

    public void Load(Checkpoint checkpoint)
    {
        _policy = checkpoint;
        Loaded.Add(checkpoint.Id);
    }

    public async Task<IReadOnlyList<Attempt>> ProposeAsync(ProposalRequest request, CancellationToken cancellationToken)
    {
        await BeforePropose(request);
        cancellationToken.ThrowIfCancellationRequested();
        var policy = _policy ?? throw new InvalidOperationException("no policy");
        var attempts = new List<Attempt>();
        foreach (var item in request.Items)
        {
            for (var i = item.FirstSample; i < item.FirstSample + item.Count; i++)
            {
                var seed = request.Stream.Derive(item.Problem.Id).Derive(i);
                var stream = seed.Derive(policy.WeightsHash);
                var number = stream.NextInt(Range);
                attempts.Add(new Attempt
                {
                    Id = new AttemptId(request.Round, request.Phase, item.Problem.Id, i),
                    PromptIds = [1, 9],
                    TokenIds = [10 + number, Judged.EndId],
                    LogProbabilities = [-1.5f, -0.25f],
                    Text = number.ToString(),
                    Seed = seed.Key,
                    Policy = policy.Id,
                    Stop = StopReason.EndToken,
                });
            }
        }

        return attempts;
    }

    public async ValueTask<Verdict> VerifyAsync(Problem problem, string text, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _checks);
        await BeforeVerify(text);
        var number = int.Parse(text);
        return Judge(number) ?? (number % 2 == 0 ? Judged.Accepted() : Judged.Rejected());
    }

    public Task<LearningResult> LearnAsync(LearningRequest request, IProgress<LearningStep>? progress, CancellationToken cancellationToken)
    {
        BeforeLearn(request);
        var text = string.Join('\n', [
            $"round {request.Round} from {request.From?.WeightsHash} epochs {request.Epochs} stream {request.Stream.Key}",
            .. request.Examples.Select(e => $"{e.Id} {e.Weight} {string.Join(' ', e.Ids)}")]);
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        var step = new LearningStep(1, 1, request.Examples.Count, 0.5, 0.1, request.Examples.Sum(e => e.Ids.Count));
        progress?.Report(step);
        var result = new LearningResult(new Checkpoint(Path.GetFileName(request.Folder), request.Folder, hash), 1, step.Tokens, step.Loss) { Curve = [step] };
        return Task.FromResult(result);
    }

    public static string Key(string problem, string text) => VerdictKey.For(Problems()[problem], text, new FakeStages());
}
