using Ratchet.Loop;

namespace Ratchet.Runs;

/// <summary>Something that a run tells its user while it goes on. The type is closed.</summary>
public abstract record RunEvent
{
    private RunEvent()
    {
    }

    /// <summary>Round that the event belongs to.</summary>
    public required int Round { get; init; }

    /// <summary>A stage of a round begins.</summary>
    public sealed record StageStarted : RunEvent
    {
        /// <summary><c>propose</c>, <c>learn</c> or <c>evaluate</c>.</summary>
        public required string Stage { get; init; }

        /// <summary>Items that the stage will work on: attempts, or rows to train on.</summary>
        public required int Items { get; init; }
    }

    /// <summary>A batch of attempts has been sampled, verified and recorded.</summary>
    public sealed record BatchDone : RunEvent
    {
        /// <summary><c>propose</c> or <c>evaluate</c>.</summary>
        public required string Stage { get; init; }

        /// <summary>Attempts of the stage that are done.</summary>
        public required int Done { get; init; }

        /// <summary>Attempts of the stage in all.</summary>
        public required int Total { get; init; }

        /// <summary>Accepted attempts of the stage so far.</summary>
        public required int Accepted { get; init; }

        /// <summary>Unknown verdicts of the stage so far, by reason.</summary>
        public required IReadOnlyDictionary<string, long> Unknown { get; init; }

        /// <summary>Sampled tokens per second of the stage.</summary>
        public required double TokensPerSecond { get; init; }

        /// <summary>Attempts proposed per second of the stage.</summary>
        public required double ProposalsPerSecond { get; init; }

        /// <summary>Checks per second while the verifier was busy.</summary>
        public required double ChecksPerSecond { get; init; }
    }

    /// <summary>Training went on.</summary>
    public sealed record Learned : RunEvent
    {
        /// <summary>Where training is.</summary>
        public required LearningStep Step { get; init; }
    }

    /// <summary>A round has ended and is safe on disk.</summary>
    public sealed record RoundDone : RunEvent
    {
        /// <summary>Its results.</summary>
        public required RoundSummary Summary { get; init; }

        /// <summary>Rounds in all, not counting round 0.</summary>
        public required int Rounds { get; init; }

        /// <summary>Seconds since the run began, earlier sessions included.</summary>
        public required double WallSeconds { get; init; }
    }

    /// <summary>Something that the user should know and that does not stop the run.</summary>
    public sealed record Note : RunEvent
    {
        /// <summary>What.</summary>
        public required string Message { get; init; }
    }
}
