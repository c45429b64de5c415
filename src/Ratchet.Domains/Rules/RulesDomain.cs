using Ratchet.Domains.Vocabulary;
using Ratchet.Loop;
using Ratchet.Problems;
using Ratchet.Tokenization;

namespace Ratchet.Domains.Rules;

/// <summary>Defeasible rules with preferences: is a statement proved, disproved or unknown, and by which rules?</summary>
/// <remarks>
/// The normal statement is <c>otter helps newt . r1 : otter helps newt &amp; not newt warns vole -> vole trusts hare . r1 > r2 . ? vole trusts hare</c>:
/// facts, rules, preferences, question. English in the manner of BoardgameQA is read too, see <see cref="RulesEnglish"/>. A user may use any names; lists
/// of names that are not in the vocabulary are renamed in order of appearance. See <see cref="RulesVerifier"/> for attempts. Safe to call from many threads.
/// </remarks>
public sealed class RulesDomain : IDomain
{
    /// <summary>The word that ends every prompt.</summary>
    private const string Separator = "proof";

    private readonly RulesGeneratorOptions _options;

    /// <summary>Makes the domain.</summary>
    /// <param name="options">What the generator draws, or null for the defaults.</param>
    /// <exception cref="Runs.RatchetException">An option is out of bounds; all of them are named.</exception>
    public RulesDomain(RulesGeneratorOptions? options = null)
    {
        _options = options ?? new RulesGeneratorOptions();
        _options.Validate();
    }

    /// <inheritdoc/>
    public string Name => "rules";

    /// <inheritdoc/>
    public string Description => "Rules with exceptions and preferences: step-by-step proofs that a statement is proved, disproved or unknown.";

    /// <inheritdoc/>
    public ITokenizer Tokenizer { get; } = new SymbolTokenizer(
        "rules",
        [
            .. RulesVocabulary.Animals, .. RulesVocabulary.Verbs, .. RulesVocabulary.RuleIds, "not", ".", ":", "&", "->", ">", "?", Separator,
            .. RulesProofReader.Words, RulesProofReader.AnswerWord, .. RulesProofReader.Answers,
        ],
        [.. RulesProofReader.Words, RulesProofReader.AnswerWord]);

    /// <inheritdoc/>
    public IVerifier Verifier => RulesVerifier;

    /// <summary>The verifier with its own type.</summary>
    public RulesVerifier RulesVerifier { get; } = new();

    /// <inheritdoc/>
    public Problem Parse(string id, string statement, Split split)
    {
        ArgumentNullException.ThrowIfNull(statement);
        var theory = RulesStatementReader.Read(statement);
        if (RulesVocabulary.Close(theory) is not ({ } names, _))
            throw new StatementException(RulesVocabulary.Close(theory).Mistake!, 0);
        return new Problem { Id = id, Domain = Name, Statement = names.Theory(theory).Write(), CanonicalHash = RulesCanonicalForm.Hash(theory), Split = split };
    }

    /// <summary>The proof in normal form, with names changed as <see cref="Parse"/> changes those of the statement.</summary>
    public string NormalizeSolution(string statement, string solution)
    {
        ArgumentNullException.ThrowIfNull(statement);
        ArgumentNullException.ThrowIfNull(solution);
        try
        {
            var proof = RulesProofReader.Read(solution);
            return proof.Mistake is null && RulesVocabulary.Close(RulesStatementReader.Read(statement)).Names is { } names ? names.Proof(proof) : solution;
        }
        catch (StatementException)
        {
            // The statement's own mistake is told where it is parsed.
            return solution;
        }
    }

    /// <inheritdoc/>
    public string Prompt(Problem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return $"{problem.Statement} {Separator}";
    }

    /// <inheritdoc/>
    public ProblemSet Generate(ProblemCounts counts, RandomStream stream)
    {
        ArgumentNullException.ThrowIfNull(counts);
        return new RulesGenerator(_options).Generate(Name, counts, stream);
    }

    /// <summary>Animals, verbs and rule names permuted; facts, rules and preferences in another order.</summary>
    public (string Statement, string Solution) Rename(string statement, string solution, RandomStream stream)
    {
        ArgumentNullException.ThrowIfNull(statement);
        ArgumentNullException.ThrowIfNull(solution);
        var theory = RulesStatementReader.Read(statement);
        var proof = RulesProofReader.Read(solution);
        if (proof.Mistake is not null)
            return (statement, solution);
        var order = Shuffled(Enumerable.Range(0, theory.Rules.Length), ref stream);
        var place = Enumerable.Range(0, order.Length).OrderBy(i => order[i]).ToArray();
        var names = new RulesNames(
            Permutation(RulesVocabulary.Animals, ref stream), Permutation(RulesVocabulary.Verbs, ref stream),
            Enumerable.Range(0, order.Length).ToDictionary(i => theory.Rules[order[i]].Id, i => $"r{i + 1}", StringComparer.Ordinal));
        var renamed = names.Theory(theory with
        {
            Facts = Shuffled(theory.Facts, ref stream),
            Rules = [.. order.Select(r => theory.Rules[r])],
            Preferences = [.. theory.Preferences.Select(p => (place[p.Winner], place[p.Loser])).Order()],
        });
        return (renamed.Write(), names.Proof(proof));
    }

    private static Dictionary<string, string> Permutation(IReadOnlyList<string> names, ref RandomStream stream) =>
        names.Zip(Shuffled(names, ref stream)).ToDictionary(p => p.First, p => p.Second, StringComparer.Ordinal);

    private static T[] Shuffled<T>(IEnumerable<T> items, ref RandomStream stream)
    {
        var array = items.ToArray();
        stream.Shuffle(array.AsSpan());
        return array;
    }
}
