using Ratchet.Verifiers.Pool;

namespace Ratchet.Verifiers.Coq;

/// <summary>How Coq is run and how far it is asked to check.</summary>
public sealed record CoqOptions
{
    /// <summary>The axioms on which the standard library's real numbers, Coquelicot and mathcomp-analysis rest, by their full names.</summary>
    public static IReadOnlyList<string> UsualAxioms { get; } =
    [
        "Coq.Reals.ClassicalDedekindReals.sig_forall_dec",
        "Coq.Reals.ClassicalDedekindReals.sig_not_dec",
        "Coq.Logic.FunctionalExtensionality.functional_extensionality_dep",
        "Coq.Logic.Classical_Prop.classic",
        "mathcomp.classical.boolp.propositional_extensionality",
        "mathcomp.classical.boolp.functional_extensionality_dep",
        "mathcomp.classical.boolp.constructive_indefinite_description",
    ];

    /// <summary>
    /// Path or name of <c>coqidetop</c>. Null for the environment variable <c>RATCHET_COQ</c>, and where that is not set for
    /// <c>coqidetop.opt</c> or <c>coqidetop</c> on the <c>PATH</c>.
    /// </summary>
    public string? Program { get; init; }

    /// <summary>How far verdicts can be relied on. Default <see cref="CoqLevel.Full"/>.</summary>
    public CoqLevel Level { get; init; } = CoqLevel.Full;

    /// <summary>Processes that may be busy at one time; 0, the default, for all cores. Give it the run's thread budget.</summary>
    public int Threads { get; init; }

    /// <summary>Seconds that one sentence may take, 1 to 3,600. Default 5.</summary>
    public int SentenceSeconds { get; init; } = 5;

    /// <summary>
    /// What a process may use. <see cref="ProcessLimits.Wall"/> is the time for all sentences of one attempt together. Defaults as there: 30
    /// seconds, 2 GiB.
    /// </summary>
    public ProcessLimits Limits { get; init; } = new();

    /// <summary>
    /// Whether Coq can change no file and open no TCP connection, where the kernel has Landlock (Linux 5.13, for TCP 6.7). Default true; turn off only
    /// for plugins that must write.
    /// </summary>
    public bool Sandbox { get; init; } = true;

    /// <summary>Longest attempt that is looked at, in characters. Default 64 Ki; longer ones are an unknown verdict.</summary>
    public int MaxCharacters { get; init; } = 1 << 16;

    /// <summary>
    /// Modules that are imported before the statement's own header, so that proofs may use their tactics, for example <c>Coq.micromega.Lia</c>.
    /// They are the user's choice and belong to the statement from then on. Default none.
    /// </summary>
    public IReadOnlyList<string> Imports { get; init; } = [];

    /// <summary>
    /// Full names of the axioms that an accepted proof may rest on, beside what the statement's source itself assumes. <c>Stdlib.</c> and
    /// <c>Corelib.</c>, as newer versions say, count as <c>Coq.</c> Default <see cref="UsualAxioms"/>; a theorem can only use what its header loads.
    /// </summary>
    public IReadOnlyList<string> AllowedAxioms { get; init; } = UsualAxioms;

    /// <summary>Whether an attempt may bring lemmas and definitions of its own before the proof. Default false.</summary>
    public bool HelperLemmas { get; init; }
}
