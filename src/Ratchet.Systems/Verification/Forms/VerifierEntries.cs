using System.Runtime.CompilerServices;
using Ratchet.Domains.Arithmetic;
using Ratchet.Domains.Blocks;
using Ratchet.Domains.Metamath;
using Ratchet.Domains.Propositional;
using Ratchet.Domains.Rules;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Verifiers.Answers;
using Ratchet.Verifiers.Coq;
using Ratchet.Verifiers.Isabelle;
using Ratchet.Verifiers.Lean;
using Ratchet.Verifiers.Pddl;
using Ratchet.Verifiers.Pool;
using Ratchet.Verifiers.Python;

namespace Ratchet.Systems.Verification.Forms;

/// <summary>Descriptions of the verifiers, in the order of <c>ratchet list</c>.</summary>
internal static class VerifierEntries
{
    public static VerifierEntry[] All() => [Propositional(), Metamath(), Coq(), Lean(), Isabelle(), Answers(), Python(), Pddl(), Blocks(), Rules(), Arithmetic()];

    private static VerifierEntry Propositional() => new()
    {
        Name = "propositional",
        Samples = Samples.Propositional,
        Description = "Intuitionistic propositional logic: Coq tactic scripts, checked in process by a small kernel.",
        StatementForm = "a formula such as P /\\ Q -> Q /\\ P",
        ProofForm = "the tactic sentences between Proof. and Qed.",
        Extensions = [".v"],
        Document = new PropositionalDocument(),
        Syntax = new ProofSyntax { Steps = CoqDocument.Steps, Hole = "admit.", FalseStatement = static _ => "False" },
        ProbeAsync = InProcess(new PropositionalVerifier()),
        Opener = static (entry, _, _) =>
        {
            var verifier = new PropositionalVerifier();

            // The empty script is judged in microseconds, and a text that is no formula is refused before that.
            return Opened(entry, verifier, item => verifier.Verify(item.Statement, ""));
        },
    };

    private static VerifierEntry Metamath() => new()
    {
        Name = "metamath",
        Description = "Metamath proofs against a database (--database), checked in process by every rule of the language.",
        StatementForm = "the label of a theorem of the database, or '$d', '$e' and '$f' statements and 'label $p ... $.'",
        ProofForm = "what stands between $= and $., normal or compressed",
        Extensions = [".mm"],
        ReadDatabase = MetamathFile.Read,
        Syntax = new ProofSyntax { Steps = MetamathFile.Steps, Hole = "?", FalseStatement = static _ => "ratchet-false $p |- ph $." },
        ProbeAsync = static (options, _) => Task.FromResult(options.Database is null || File.Exists(options.Database)
            ? new VerifierAvailability(true, "in process; needs a database (Debian: the package metamath-databases)")
            : new VerifierAvailability(false, $"there is no file {options.Database}", MetamathFile.Remedy)),
        Opener = static (entry, options, _) =>
        {
            var database = MetamathFile.Load(options.Database ?? throw new RatchetException("Metamath proofs are judged against a database, and none is given.", MetamathFile.Remedy));
            var verifier = new MetamathVerifier(database, new MetamathVerifierOptions { Threads = options.Threads });
            return Task.FromResult(new OpenVerifier(entry, verifier, item =>
                MetamathProblems.Problem(MetamathTheorem.Parse(database, item.Statement), Split.Heldout) with { Id = item.Id, Provenance = VerifierEntry.ProvenanceOf(item) }));
        },
    };

    private static VerifierEntry Coq() => new()
    {
        Name = "coq",
        Samples = Samples.Coq,
        Description = "Coq 8.16 or newer: warm workers, and in full checks a fresh process with an audit of statement and axioms.",
        StatementForm = "a script that ends in the theorem's sentence: imports, definitions, Theorem name : formula.",
        ProofForm = "the tactic sentences between Proof. and Qed.",
        Extensions = [".v"],
        Document = new CoqDocument(),
        Syntax = CoqDocument.Syntax,
        KeepsTime = true,
        ProbeAsync = ByOpening(Coq, "not installed"),
        Opener = static (entry, options, _) =>
        {
            var limits = new ProcessLimits();
            var verifier = new CoqVerifier(new CoqOptions
            {
                Program = options.Tool,
                Level = options.Level == Verdicts.TrustLevel.Full ? CoqLevel.Full : CoqLevel.Guide,
                Threads = options.Threads,
                Imports = options.Imports,
                Limits = limits with { Wall = options.TimeLimit ?? limits.Wall, MemoryBytes = options.MemoryLimitBytes ?? limits.MemoryBytes },
            });
            return Task.FromResult(new OpenVerifier(entry, verifier, item => CoqProblem.Create(item.Id, item.Statement, Split.Heldout, VerifierEntry.ProvenanceOf(item)), () => verifier.Figures));
        },
    };

    private static VerifierEntry Lean() => new()
    {
        Name = "lean",
        Description = "Lean 4 through the community REPL (--tool repl), the program lean, or a Kimina-style server (--server); --project names the Lake project.",
        StatementForm = "a Lean file up to the proof, ending in 'theorem name : type := by'",
        ProofForm = "the tactic block after by",
        Extensions = [".lean"],
        Document = new LeanDocument(),
        Syntax = LeanDocument.Syntax,
        KeepsTime = true,
        ProbeAsync = ByOpening(Lean, "not installed"),
        Opener = static async (entry, options, cancellationToken) =>
        {
            var backend = LeanTool.Backend(options);
            var verifier = await LeanVerifier.CreateAsync(backend, new LeanVerifierOptions { Trust = options.Level }, cancellationToken).ConfigureAwait(false);
            return new OpenVerifier(entry, verifier, item =>
            {
                _ = LeanStatement.Parse(item.Statement);
                return VerifierEntry.PlainProblem(entry.Name, item);
            }, backend is LeanReplBackend repl ? () => repl.Figures : null);
        },
        ConformanceAsync = static async (options, cancellationToken) =>
        {
            var backend = LeanTool.Backend(options);
            await using (backend.ConfigureAwait(false))
                return await LeanConformance.RunAsync(backend, cancellationToken: cancellationToken).ConfigureAwait(false);
        },
    };

    private static VerifierEntry Isabelle() => new()
    {
        Name = "isabelle",
        Description = "Isabelle through its server, started here or running at --server HOST:PORT; --project names the session (HOL).",
        StatementForm = "a theory up to the proof of its last theorem",
        ProofForm = "the Isar proof, from its first by, proof, apply or using",
        Extensions = [".thy"],
        Document = new IsabelleDocument(),
        Syntax = IsabelleDocument.Syntax,
        KeepsTime = true,
        ProbeAsync = static (options, _) => Task.FromResult(options.Server is not null || Programs.IsThere(options.Tool ?? "isabelle")
            ? new VerifierAvailability(true, "found; its server starts with the first use")
            : new VerifierAvailability(false, $"there is no program {options.Tool ?? "isabelle"}", "Install Isabelle (https://isabelle.in.tum.de) and put its bin folder on PATH, or give --tool or --server.")),
        Opener = static async (entry, options, cancellationToken) =>
        {
            var verifier = await IsabelleVerifier.CreateAsync(IsabelleTool.Options(options), cancellationToken).ConfigureAwait(false);
            return new OpenVerifier(entry, verifier, item =>
            {
                _ = IsabelleStatement.Parse(item.Statement);
                return VerifierEntry.PlainProblem(entry.Name, item);
            });
        },
        ConformanceAsync = static (options, cancellationToken) => IsabelleConformance.RunAsync(IsabelleTool.Options(options), cancellationToken),
    };

    private static VerifierEntry Answers() => new()
    {
        Name = "answers",
        Samples = Samples.Answers,
        Description = "Final answers of mathematical problems, compared exactly with a reference, in process (--profile says what counts as the same).",
        StatementForm = "the problem, in any words; its \"reference\" is the right answer or a whole solution",
        ProofForm = "a solution that ends in its answer, as a rule in \\boxed{...}",
        ProbeAsync = static (_, _) => Task.FromResult(new VerifierAvailability(true, $"version {AnswerGrader.Version}, in process")),
        Opener = static (entry, options, _) =>
        {
            // The reference goes along with the problem beside it, never in it.
            var references = new ConditionalWeakTable<Problem, string>();
            var verifier = new AnswersVerifier(problem => references.TryGetValue(problem, out var reference) ? reference : null, AnswerProfiles.Find(options.Profile ?? AnswerProfiles.Strict.Name));
            return Task.FromResult(new OpenVerifier(entry, verifier, item =>
            {
                var reference = item.Reference ?? throw new StatementException("There is no \"reference\" with the right answer.", 0);

                // One question with two answers is two problems.
                var plain = VerifierEntry.PlainProblem(entry.Name, item);
                var problem = plain with { CanonicalHash = VerifierEntry.Hash($"{plain.CanonicalHash} {reference}") };
                references.Add(problem, reference);
                return problem;
            }));
        },
    };

    private static VerifierEntry Python() => new()
    {
        Name = "python",
        Samples = Samples.Python,
        Description = "Python programs against tests, each behind walls of its own: no network, no files of this machine, limits on all that it uses (needs bubblewrap).",
        StatementForm = "the task, in any words; its \"reference\" is the tests: asserts, or runs with \"stdin\" and \"stdout\"",
        ProofForm = "a program, or an answer that ends in one between ```python and ```",
        Syntax = new ProofSyntax { Steps = TextLines.Split },
        KeepsTime = true,
        ProbeAsync = ByOpening(Python, "not installed"),
        Opener = static (entry, options, cancellationToken) =>
        {
            var given = new PythonOptions();
            var sandbox = new PythonSandbox(given with
            {
                Program = options.Tool,
                Threads = options.Threads,
                Wall = options.TimeLimit ?? given.Wall,
                CpuSeconds = options.TimeLimit is { } limit ? (int)Math.Clamp(Math.Ceiling(limit.TotalSeconds), 1, 86_400) : given.CpuSeconds,
                MemoryBytes = options.MemoryLimitBytes ?? given.MemoryBytes,
            });

            // The tests go along with the problem beside it, never in it.
            var tests = new ConditionalWeakTable<Problem, string>();
            var verifier = new PythonVerifier(sandbox, problem => tests.TryGetValue(problem, out var text) ? text : null);
            return Task.FromResult(new OpenVerifier(entry, verifier, item =>
            {
                var text = item.Reference ?? throw new StatementException("There is no \"reference\" with the tests.", 0);
                _ = PythonTests.Parse(text);
                var plain = VerifierEntry.PlainProblem(entry.Name, item);
                var problem = plain with { CanonicalHash = VerifierEntry.Hash($"{plain.CanonicalHash} {text}") };
                tests.Add(problem, text);
                return problem;
            }, () => sandbox.Figures));
        },
    };

    private static VerifierEntry Pddl() => new()
    {
        Name = "pddl",
        Samples = Samples.Pddl,
        Description = "Plans for PDDL domains and problems, run step by step in process; --database names the file of a domain that all problems share.",
        StatementForm = "(define (domain ...) ...) and (define (problem ...) ...) in one text, or the problem alone where --database gives the domain",
        ProofForm = "a plan, one action after the other: (pick-up b) (stack b a)",
        Syntax = new ProofSyntax { Steps = TextLines.Split },
        ProbeAsync = InProcess(new PddlVerifier()),
        Opener = static (entry, options, _) =>
        {
            var verifier = new PddlVerifier();
            var domain = options.Database is { } file ? ProofItems.ReadFile(file) + "\n" : "";
            return Task.FromResult(new OpenVerifier(entry, verifier, item =>
            {
                var whole = item with { Statement = domain + item.Statement };
                verifier.Verify(whole.Statement, "");
                return VerifierEntry.PlainProblem(entry.Name, whole);
            }));
        },
    };

    private static VerifierEntry Blocks() => new()
    {
        Name = "blocks",
        Description = "Plans for arrangements of blocks, run step by step in process.",
        StatementForm = "an arrangement and a goal, as the domain 'blocks' writes them, or in PDDL or English",
        ProofForm = "a plan: unstack b c put-down b ...",
        Syntax = new ProofSyntax { Steps = TextLines.Split },
        ProbeAsync = InProcess(new BlocksVerifier()),
        Opener = static (entry, _, _) =>
        {
            var verifier = new BlocksVerifier();
            return Opened(entry, verifier, item => verifier.Verify(item.Statement, ""));
        },
    };

    private static VerifierEntry Rules() => new()
    {
        Name = "rules",
        Description = "Proofs about rules with exceptions and preferences: every step and the answer, checked in process.",
        StatementForm = "facts, rules, preferences and a question, as the domain 'rules' writes them, or in the English of BoardgameQA",
        ProofForm = "steps and an answer, as the domain 'rules' writes them",
        Syntax = new ProofSyntax { Steps = TextLines.Split },
        ProbeAsync = InProcess(new RulesVerifier()),
        Opener = static (entry, _, _) =>
        {
            var verifier = new RulesVerifier();
            return Opened(entry, verifier, item => verifier.Verify(item.Statement, ""));
        },
    };

    private static VerifierEntry Arithmetic() => new()
    {
        Name = "arithmetic",
        Description = "Answers to word problems, as a function, a tagged expression or prose; computed in process.",
        StatementForm = "a word problem, as the domain 'arithmetic' writes them",
        ProofForm = "a solution in one of the three formats of the domain 'arithmetic'",
        Syntax = new ProofSyntax { Steps = TextLines.Split },
        ProbeAsync = InProcess(new ArithmeticVerifier()),
        Opener = static (entry, _, _) =>
        {
            var verifier = new ArithmeticVerifier();
            return Opened(entry, verifier, item => verifier.Verify(item.Statement, ""));
        },
    };

    private static Func<VerifierOptions, CancellationToken, Task<VerifierAvailability>> InProcess(IVerifier verifier) =>
        (_, _) => Task.FromResult(new VerifierAvailability(true, $"version {verifier.Version}, in process"));

    /// <summary>A verifier is there when it can be opened, which starts a version query and no more.</summary>
    private static Func<VerifierOptions, CancellationToken, Task<VerifierAvailability>> ByOpening(Func<VerifierEntry> entry, string missing) => async (options, cancellationToken) =>
    {
        try
        {
            var open = await entry().OpenAsync(options, cancellationToken).ConfigureAwait(false);
            await using (open.ConfigureAwait(false))
                return new VerifierAvailability(true, $"version {open.Verifier.Version}");
        }
        catch (RatchetException e)
        {
            return new VerifierAvailability(false, e.Message.Length == 0 ? missing : e.Message.ReplaceLineEndings(" "), e.Remedy);
        }
    };

    private static Task<OpenVerifier> Opened(VerifierEntry entry, IVerifier verifier, Action<ProofItem> check) => Task.FromResult(new OpenVerifier(entry, verifier, item =>
    {
        check(item);
        return VerifierEntry.PlainProblem(entry.Name, item);
    }));
}
