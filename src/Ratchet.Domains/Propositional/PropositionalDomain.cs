using Ratchet.Domains.Propositional.Generation;
using Ratchet.Domains.Propositional.Syntax;
using Ratchet.Domains.Propositional.Tactics;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Tokenization;

namespace Ratchet.Domains.Propositional;

/// <summary>Intuitionistic propositional goals over at most six atoms, proved by Coq tactic scripts.</summary>
/// <remarks>
/// Statements use Coq's notation: <c>-></c>, <c>/\</c>, <c>\/</c>, <c>~</c>, <c>&lt;-></c>, <c>True</c>, <c>False</c>. A user's statement may use
/// any identifiers as atoms; unless all of them are among <c>A</c> to <c>F</c>, they become <c>A</c>, <c>B</c>, ... in order of
/// appearance, because the vocabulary is closed. Safe to call from many threads.
/// </remarks>
public sealed class PropositionalDomain : IDomain
{
    private readonly PropositionalGeneratorOptions _options;

    /// <summary>Makes the domain.</summary>
    /// <param name="options">What the generator draws, or null for the defaults.</param>
    /// <exception cref="Runs.RatchetException">An option is out of bounds; all of them are named.</exception>
    public PropositionalDomain(PropositionalGeneratorOptions? options = null)
    {
        _options = options ?? new PropositionalGeneratorOptions();
        _options.Validate();
    }

    /// <inheritdoc/>
    public string Name => "propositional";

    /// <inheritdoc/>
    public string Description => "Intuitionistic propositional goals over at most six atoms, proved by Coq tactic scripts.";

    /// <inheritdoc/>
    public ITokenizer Tokenizer { get; } = new PropositionalTokenizer();

    /// <inheritdoc/>
    public IVerifier Verifier => PropositionalVerifier;

    /// <summary>The verifier with its own type.</summary>
    public PropositionalVerifier PropositionalVerifier { get; } = new();

    /// <inheritdoc/>
    public Problem Parse(string id, string statement, Split split)
    {
        ArgumentNullException.ThrowIfNull(statement);
        var closed = Close(FormulaParser.ReadStatement(statement), statement);
        return new Problem
        {
            Id = id,
            Domain = Name,
            Statement = FormulaPrinter.Print(closed),
            CanonicalHash = CanonicalForm.Hash(closed),
            Split = split,
        };
    }

    /// <summary>
    /// Renames the atoms of a solution as <see cref="Parse"/> renames those of the statement, and hypotheses to <c>h0</c>, <c>h1</c>, ... in
    /// order of introduction where a name is outside the vocabulary.
    /// </summary>
    public string NormalizeSolution(string statement, string solution)
    {
        ArgumentNullException.ThrowIfNull(statement);
        ArgumentNullException.ThrowIfNull(solution);
        try
        {
            var atoms = new List<string>();
            FormulaParser.ParseStatement(statement).CollectAtoms(atoms);
            var map = new Dictionary<string, string>(StringComparer.Ordinal);
            var closed = PropositionalTokenizer.Atoms;
            if (!atoms.TrueForAll(closed.Contains) && atoms.Count <= closed.Count)
            {
                for (var i = 0; i < atoms.Count; i++)
                    map[atoms[i]] = closed[i];
            }

            var names = new List<string>();
            foreach (var sentence in SentenceParser.ParseAll(solution, name => atoms.Contains(name) ? Formula.Atom(name) : null))
            {
                foreach (var pattern in sentence.Patterns)
                    pattern.CollectNames(names);
            }

            if (!names.TrueForAll(PropositionalTokenizer.IsHypothesis))
            {
                for (var i = 0; i < names.Count; i++)
                    map.TryAdd(names[i], $"h{i}");
            }

            return map.Count == 0 ? solution : NameMap.Apply(solution, map);
        }
        catch (TextException)
        {
            // Not a script: the verifier says what is wrong with the text as it stands.
            return solution;
        }
    }

    /// <inheritdoc/>
    public string Prompt(Problem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return PromptView.Of(FormulaParser.ParseStatement(problem.Statement));
    }

    /// <inheritdoc/>
    public ProblemSet Generate(ProblemCounts counts, RandomStream stream)
    {
        ArgumentNullException.ThrowIfNull(counts);
        return new ProblemGenerator(this, _options).Generate(counts, stream);
    }

    /// <inheritdoc/>
    public (string Statement, string Solution) Rename(string statement, string solution, RandomStream stream)
    {
        ArgumentNullException.ThrowIfNull(statement);
        ArgumentNullException.ThrowIfNull(solution);
        var names = PropositionalTokenizer.Atoms.ToArray();
        stream.Shuffle(names.AsSpan());
        var map = PropositionalTokenizer.Atoms.Zip(names).ToDictionary(p => p.First, p => p.Second, StringComparer.Ordinal);
        var order = stream.Derive("premises");
        var (reordered, script) = PromptView.Reorder(
            FormulaParser.ParseStatement(NameMap.Apply(statement, map)), NameMap.Apply(solution, map), positions => order.Shuffle<int>(positions));
        return (FormulaPrinter.Print(reordered), script);
    }

    /// <summary>The formula over the closed list of atoms.</summary>
    private static Formula Close(Formula formula, string statement)
    {
        var atoms = new List<string>();
        formula.CollectAtoms(atoms);
        if (atoms.TrueForAll(PropositionalTokenizer.Atoms.Contains))
            return formula;
        if (atoms.Count > PropositionalTokenizer.Atoms.Count)
        {
            var extra = atoms[PropositionalTokenizer.Atoms.Count];
            throw new StatementException(
                $"The statement has {atoms.Count} atoms; the vocabulary has {PropositionalTokenizer.Atoms.Count}, and \"{extra}\" is one too many.",
                NameMap.Find(statement, extra));
        }

        return formula.Map(name => Formula.Atom(PropositionalTokenizer.Atoms[atoms.IndexOf(name)]));
    }
}
