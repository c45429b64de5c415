using Ratchet.Journal;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Selection;

namespace Ratchet.Tests.Loop;

/// <summary>Runs the engine on fake stages in a run folder, session by session.</summary>
internal sealed class FakeRun(string path) : IRunObserver
{
    public static readonly LoopOptions Options = new()
    {
        Rounds = 3,
        Samples = 4,
        BatchProblems = 3,
        StartEpochs = 1,
        EvaluationSamples = 4,
        PassAt = [1, 4],
        Bootstrap = 100,
    };

    public List<RunEvent> Events { get; } = [];

    /// <summary>Called with each event; may throw, as a kill would end the process there.</summary>
    public Action<RunEvent> OnEach { get; set; } = _ => { };

    public ProblemSet Problems { get; init; } = FakeStages.Problems();

    public SelectionOptions Selection { get; init; } = new();

    public void OnEvent(RunEvent e)
    {
        Events.Add(e);
        OnEach(e);
    }

    public async Task RunAsync(FakeStages stages, LoopOptions? options = null, CancellationToken cancellationToken = default)
    {
        using var folder = Directory.Exists(path) ? RunFolder.Open(path) : RunFolder.Create(path, "name: fake\n");
        using var journal = RunJournal.Open(folder.JournalPath);
        journal.BeginSession(DateTimeOffset.UnixEpoch);
        if (journal.Problems() is null)
            journal.AddProblems(Problems);
        var engine = new LoopEngine(
            stages.Stages(Selection), options ?? Options, Problems, FakeStages.Seed, folder, journal, RandomStream.FromSeed(7), new ThreadBudget(2), this, (_, _) => 1e-6);
        await engine.RunAsync(cancellationToken);
    }

    public T Read<T>(Func<RunJournal, T> read)
    {
        using var journal = RunJournal.OpenReadOnly(Path.Combine(path, "journal.db"));
        return read(journal);
    }
}
