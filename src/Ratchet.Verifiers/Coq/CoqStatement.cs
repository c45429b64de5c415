using System.Security.Cryptography;
using System.Text;
using Ratchet.Problems;

namespace Ratchet.Verifiers.Coq;

/// <summary>A problem's source: what a worker loads once (imports, scopes, options), the definitions before the theorem, and the theorem.</summary>
internal sealed class CoqStatement
{
    private static readonly HashSet<string> Theorems = new(StringComparer.Ordinal) { "Theorem", "Lemma", "Fact", "Remark", "Corollary", "Proposition", "Property", "Example", "Definition" };
    private static readonly HashSet<string> Loaded = new(StringComparer.Ordinal) { "From", "Require", "Import", "Export", "Open", "Close", "Set", "Unset" };
    private static readonly HashSet<string> Assumed = new(StringComparer.Ordinal) { "Axiom", "Axioms", "Parameter", "Parameters", "Variable", "Variables", "Hypothesis", "Hypotheses", "Conjecture", "Conjectures", "Context" };
    private static readonly HashSet<string> Modifiers = new(StringComparer.Ordinal) { "Local", "Global", "Polymorphic", "Monomorphic", "Program", "Cumulative", "NonCumulative", "Private" };

    // What a statement that a model wrote may hold beside the commands above that load: definitions, no assumption and nothing that acts.
    private static readonly HashSet<string> Defined = new(StringComparer.Ordinal) { "Fixpoint", "CoFixpoint", "Inductive", "CoInductive", "Variant", "Record", "Structure" };

    private CoqStatement(List<CoqSentence> header, List<CoqSentence> preamble, CoqSentence theorem, string name, int nameAt)
    {
        Header = header;
        Preamble = preamble;
        Theorem = theorem;
        Name = name;
        Key = string.Join('\n', header.Select(s => s.Text.Contains('"') ? s.Text : s.Normal));
        Reference = string.Concat(theorem.Text.AsSpan(0, nameAt), ReferenceName, theorem.Text.AsSpan(nameAt + name.Length));
        Assumptions = header.Concat(preamble).SelectMany(AssumedNames).ToHashSet(StringComparer.Ordinal);
        Text = string.Join('\n', preamble.Append(theorem).Select(s => s.Text));
    }

    /// <summary>Name under which the full check states the theorem a second time, before the proof, to compare.</summary>
    public static string ReferenceName => "ratchet_reference_statement";

    /// <summary>Leading sentences that load and open things; a worker executes them once.</summary>
    public IReadOnlyList<CoqSentence> Header { get; }

    /// <summary>Sentences between the header and the theorem.</summary>
    public IReadOnlyList<CoqSentence> Preamble { get; }

    /// <summary>The theorem's sentence.</summary>
    public CoqSentence Theorem { get; }

    /// <summary>The theorem's name.</summary>
    public string Name { get; }

    /// <summary>The theorem's sentence under <see cref="ReferenceName"/>.</summary>
    public string Reference { get; }

    /// <summary>The header in a normal form: key of the workers.</summary>
    public string Key { get; }

    /// <summary>Preamble and theorem: what a worker that holds the header executes for the problem.</summary>
    public string Text { get; }

    /// <summary>Names that the source itself assumes (axioms, variables): the theorem is asked on top of them.</summary>
    public IReadOnlySet<string> Assumptions { get; }

    /// <summary>Whether a section or module is open where the theorem stands.</summary>
    public bool IsNested => Preamble.Any(s => FirstWord(s.Text).Word is "Section" or "Module");

    /// <summary>Reads a source.</summary>
    /// <param name="source">Everything before the proof, with or without <c>Proof.</c>, <c>Admitted.</c> and the ends of sections after it.</param>
    /// <param name="trusted">False for a source that a model wrote: then only imports, definitions and the theorem are read.</param>
    /// <exception cref="StatementException">It cannot be split, does not end in a theorem with a name, or holds what an untrusted source may not.</exception>
    public static CoqStatement Parse(string source, bool trusted)
    {
        ArgumentNullException.ThrowIfNull(source);
        List<CoqSentence> sentences;
        try
        {
            sentences = CoqSplitter.Split(source);
        }
        catch (CoqSyntaxException e)
        {
            throw new StatementException(e.Message, e.Start);
        }

        while (sentences.Count > 0 && (sentences[^1].Normal is "Proof." or "Admitted." or "Abort." || sentences[^1].Normal.StartsWith("End ", StringComparison.Ordinal)))
            sentences.RemoveAt(sentences.Count - 1);
        if (sentences.Count == 0)
            throw new StatementException("There is no theorem.", 0);
        var theorem = sentences[^1];
        var (word, end) = FirstWord(theorem.Text);
        while (end < theorem.Text.Length && char.IsWhiteSpace(theorem.Text[end]))
            end++;
        var name = CoqSelector.Word(theorem.Text, end);
        if (!Theorems.Contains(word) || name.Length == 0)
            throw new StatementException($"The last sentence must state a theorem with a name ({string.Join(", ", Theorems.Order(StringComparer.Ordinal))}); it begins with \"{word}\".", theorem.Start);
        var before = sentences[..^1];
        if (!trusted && before.Find(s => !MayStandInUntrusted(s)) is { Text: not null } bad)
            throw new StatementException($"A statement that a model wrote may not hold \"{FirstWord(bad.Text).Word}\".", bad.Start);
        var loading = before.FindIndex(s => !Loads(s));
        if (loading < 0)
            loading = before.Count;
        return new CoqStatement(before[..loading], before[loading..], theorem, name, end);
    }

    /// <summary>Hash of the source without its header, layout, comments and the theorem's name.</summary>
    public string CanonicalHash()
    {
        var normal = string.Join('\n', Preamble.Select(s => s.Normal)) + "\n" + Reference;
        normal = string.Join(' ', normal.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(normal)).AsSpan(0, 16));
    }

    /// <summary>The first word of a sentence after modifiers, and where it ends.</summary>
    public static (string Word, int End) FirstWord(string text)
    {
        var at = 0;
        while (true)
        {
            while (at < text.Length && char.IsWhiteSpace(text[at]))
                at++;
            var word = at < text.Length ? CoqSelector.Word(text, at) : "";
            at += word.Length;
            if (word.Length == 0 || !Modifiers.Contains(word))
                return (word, at);
        }
    }

    private static bool Loads(CoqSentence sentence) => Loaded.Contains(FirstWord(sentence.Text).Word);

    private static bool MayStandInUntrusted(CoqSentence sentence)
    {
        var (word, _) = FirstWord(sentence.Text);
        if (word is "From" or "Require" or "Import" or "Open" || Defined.Contains(word))
            return true;
        return word == "Definition" && sentence.Text.Contains(":=", StringComparison.Ordinal);
    }

    private static IEnumerable<string> AssumedNames(CoqSentence sentence)
    {
        var (word, at) = FirstWord(sentence.Text);
        if (!Assumed.Contains(word))
            yield break;

        // Names stand before the colon of each group: "x y : T", "(x y : T) (z : U)", "{x : T}", "`{H : C x}".
        var depth = 0;
        var naming = true;
        for (var i = at; i < sentence.Text.Length;)
        {
            var c = sentence.Text[i];
            var name = CoqSelector.Word(sentence.Text, i);
            if (name.Length > 0)
            {
                if (naming)
                    yield return name;
                i += name.Length;
                continue;
            }

            if (c is '(' or '{' or '[')
            {
                depth++;
                naming |= depth == 1;
            }
            else if (c is ')' or '}' or ']')
            {
                depth--;
            }
            else if (c == ':')
            {
                naming = false;
            }

            i++;
        }
    }
}
