using System.Text.RegularExpressions;
using Ratchet.Domains.Metamath;
using Ratchet.Domains.Propositional;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Proving;
using Ratchet.Recipes;
using Ratchet.Runs;
using Ratchet.Search.Policies;
using Ratchet.Systems.Verification;
using Ratchet.Systems.Verification.Forms;
using Ratchet.Verifiers.Coq;
using Ratchet.Verifiers.Lean;

namespace Ratchet.Systems.Proving;

/// <summary>A world to prove in, opened by name: environment, verifier, steps without a model, subgoals, refuter, and how states are written for a model.</summary>
public sealed partial class ProverWorld : IAsyncDisposable
{
    /// <summary>Stands between a state and the step that a model writes (BFS-Prover, arXiv 2502.03438).</summary>
    public const string Separator = ":::";

    private readonly OpenVerifier? _open;
    private readonly LeanReplBackend? _repl;

    private ProverWorld(string name, IProofEnvironment environment, IVerifier verifier, IStepEnumerator steps, Func<string, string, Problem> read, StepLanguage language, OpenVerifier? open = null, LeanReplBackend? repl = null) =>
        (Name, Environment, Verifier, Steps, Read, Language, _open, _repl) = (name, environment, verifier, steps, read, language, open, repl);

    /// <summary>Names of the worlds.</summary>
    public static IReadOnlyList<string> Names { get; } = ["propositional", "coq", "metamath", "lean"];

    /// <summary>Name.</summary>
    public string Name { get; }

    /// <summary>World in which steps run.</summary>
    public IProofEnvironment Environment { get; }

    /// <summary>Judges whole proofs.</summary>
    public IVerifier Verifier { get; }

    /// <summary>Steps without a model.</summary>
    public IStepEnumerator Steps { get; }

    /// <summary>Cuts goals; null where this world does not.</summary>
    public ISubgoalWorld? Subgoals { get; private init; }

    /// <summary>Refutes goals; null where this world cannot.</summary>
    public IRefuter? Refuter { get; private init; }

    /// <summary>Domain of the problems, whose tokenizer a model may have; null where there is none.</summary>
    public IDomain? Domain { get; private init; }

    /// <summary>Makes the problem of a statement, given its identifier and text; throws <see cref="StatementException"/> for what is none.</summary>
    public Func<string, string, Problem> Read { get; }

    /// <summary>How states and steps are written for a step prover.</summary>
    public StepLanguage Language { get; }

    /// <summary>How problems and whole proofs are written for a model; null where this world does not cut a text into steps.</summary>
    public StepLanguage? WholeProofs { get; private init; }

    /// <summary>The world keeps processes, so that several steps at a time are worth it.</summary>
    public bool HasProcesses => _open is not null;

    /// <summary>Opens a world.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="options">How its verifier is opened.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RatchetException">There is no world of that name, or its tool is missing: what to install or set.</exception>
    public static async Task<ProverWorld> OpenAsync(string name, VerifierOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(options);
        switch (name)
        {
            case "propositional":
                return Propositional();
            case "metamath":
                return Metamath(MetamathFile.Load(options.Database ?? throw new RatchetException("Metamath proofs are made in a database, and none is given.", MetamathFile.Remedy)), new HashSet<string>());
            case "coq":
            {
                var given = options with { Imports = [.. options.Imports, .. options.Imports.Contains(Lia) ? Array.Empty<string>() : [Lia]] };
                var open = await VerifierCatalog.Find("coq").OpenAsync(given, cancellationToken).ConfigureAwait(false);
                return new ProverWorld(name, ((CoqVerifier)open.Verifier).CreateEnvironment(), open.Verifier, new CoqSteps(), (id, text) => open.Read(Item(id, CoqText(text))), Plain, open)
                {
                    Subgoals = new CoqCuts(),
                };
            }

            case "lean":
            {
                var open = await VerifierCatalog.Find("lean").OpenAsync(options, cancellationToken).ConfigureAwait(false);
                if (LeanTool.Backend(options) is not LeanReplBackend repl)
                {
                    await open.DisposeAsync().ConfigureAwait(false);
                    throw new RatchetException("Lean proofs are made step by step in the REPL, which is not there.", "Put the community REPL's program 'repl' on PATH, or give it with --tool.");
                }

                var environment = await LeanEnvironment.CreateAsync(repl, null, cancellationToken).ConfigureAwait(false);
                return new ProverWorld(name, environment, open.Verifier, new LeanSteps(), (id, text) => open.Read(Item(id, text)), Plain, open, repl);
            }

            default:
                var near = NearestName.Find(name, Names);
                throw new RatchetException($"Proofs are not made step by step with '{name}'.", $"{(near is null ? "" : $"Did you mean '{near}'? ")}Use one of: {string.Join(", ", Names)}.") { ExitCode = 2 };
        }
    }

    /// <summary>The propositional world.</summary>
    public static ProverWorld Propositional()
    {
        var (domain, environment) = (new PropositionalDomain(), new PropositionalEnvironment());
        return new ProverWorld("propositional", environment, domain.Verifier, environment, (id, text) => domain.Parse(id, text, Split.Heldout), StepLanguage.OneStep(PropositionalEnvironment.Prompt))
        {
            Subgoals = environment,
            Refuter = environment,
            Domain = domain,
            WholeProofs = new StepLanguage(state => domain.Prompt(state.Problem), PropositionalEnvironment.Sentences),
        };
    }

    /// <summary>The world of a Metamath database.</summary>
    /// <param name="database">Database.</param>
    /// <param name="withheld">Labels that no step may use.</param>
    /// <param name="fill">As in <see cref="MetamathSteps"/>.</param>
    public static ProverWorld Metamath(MetamathDatabase database, IReadOnlySet<string> withheld, int fill = 4)
    {
        ArgumentNullException.ThrowIfNull(database);
        var environment = new MetamathEnvironment(database, new MetamathEnvironmentOptions { Withheld = withheld });
        return new ProverWorld(
            "metamath",
            environment,
            new MetamathVerifier(database),
            new MetamathSteps(environment, fill),
            (id, text) => MetamathProblems.Problem(MetamathTheorem.Parse(database, text), Split.Heldout) with { Id = id },
            StepLanguage.OneStep(state => $"{state.Goals[0]} {Separator} "));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        (Environment as IDisposable)?.Dispose();
        if (_repl is not null)
            await _repl.DisposeAsync().ConfigureAwait(false);
        if (_open is not null)
            await _open.DisposeAsync().ConfigureAwait(false);
    }

    private const string Lia = "Coq.micromega.Lia";

    private static StepLanguage Plain { get; } = StepLanguage.OneStep(state => string.Join("\n\n", state.Goals) + Separator);

    private static ProofItem Item(string id, string statement) => new() { Id = id, Statement = statement, Proof = "", Source = "", Line = 1 };

    /// <summary>A theorem; a formula alone becomes one, its atoms as parameters where it is propositional.</summary>
    private static string CoqText(string text)
    {
        if (TheoremWord().IsMatch(text))
            return text;
        var formula = text.Trim().TrimEnd('.');
        try
        {
            return CoqExport.Theorem("goal", formula);
        }
        catch (StatementException)
        {
            return $"Theorem goal : {formula}.";
        }
    }

    [GeneratedRegex(@"\b(Theorem|Lemma|Fact|Remark|Corollary|Proposition|Property|Example|Definition)\s", RegexOptions.CultureInvariant)]
    private static partial Regex TheoremWord();
}
