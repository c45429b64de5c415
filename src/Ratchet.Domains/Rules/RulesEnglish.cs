using System.Text;
using System.Text.RegularExpressions;
using Ratchet.Problems;

namespace Ratchet.Domains.Rules;

/// <summary>Theories, questions and proofs in English, in the manner of BoardgameQA (Kazemi et al. 2023).</summary>
public static partial class RulesEnglish
{
    /// <summary>Facts, rules and preferences, one sentence each. The rule <c>r1</c> is called Rule1.</summary>
    /// <param name="statement">Statement in any form that the domain reads.</param>
    /// <exception cref="StatementException">The text is no statement.</exception>
    public static string Theory(string statement)
    {
        ArgumentNullException.ThrowIfNull(statement);
        var theory = RulesStatementReader.Read(statement);
        var sentences = new List<string>();
        sentences.AddRange(theory.Facts.Select(f => $"{Capital(Clause(theory, f))}."));
        sentences.AddRange(theory.Rules.Select(r => $"{RuleName(r.Id)}: If {string.Join(" and ", r.Body.Select(l => Clause(theory, l)))}, then {Clause(theory, r.Head)}."));
        sentences.AddRange(theory.Preferences.Select(p => $"{RuleName(theory.Rules[p.Winner].Id)} is preferred over {RuleName(theory.Rules[p.Loser].Id)}."));
        return string.Join(' ', sentences);
    }

    /// <summary>The question, for example <c>Can it be concluded that the tapir trusts the badger?</c></summary>
    /// <exception cref="StatementException">The text is no statement.</exception>
    public static string Question(string statement)
    {
        ArgumentNullException.ThrowIfNull(statement);
        var theory = RulesStatementReader.Read(statement);
        return $"Can it be concluded that {Clause(theory, theory.Query)}?";
    }

    /// <summary>A proof in the domain's form, one English sentence for each step.</summary>
    /// <param name="statement">Statement that the proof is for.</param>
    /// <param name="proof">Steps and answer; they need not be right.</param>
    /// <exception cref="StatementException">One of the texts cannot be read.</exception>
    public static string Proof(string statement, string proof)
    {
        ArgumentNullException.ThrowIfNull(statement);
        ArgumentNullException.ThrowIfNull(proof);
        var theory = RulesStatementReader.Read(statement);
        var read = RulesProofReader.Read(proof);
        if (read.Mistake is not null)
            throw new StatementException(read.Mistake, read.Position);
        var text = new StringBuilder();
        foreach (var step in read.Steps)
        {
            var rule = RuleName(step.Rule);
            text.Append(step.Kind switch
            {
                RulesStepKind.Use => $"By {rule}, {Clause(step.Atom!, step.Holds)}.\n",
                RulesStepKind.Fail => $"{rule} does not apply, because it is not established that {Clause(step.Atom!, step.Holds)}.\n",
                RulesStepKind.Lose => $"{rule} gives way to {RuleName(step.Other!)}, which is preferred.\n",
                _ => $"{rule} and {RuleName(step.Other!)} oppose each other, and neither is preferred.\n",
            });
        }

        var question = Clause(theory, theory.Query);
        return text.Append(read.Answer switch
        {
            RulesAnswer.Proved => $"So the statement \"{question}\" is proved.",
            RulesAnswer.Disproved => $"So the statement \"{question}\" is disproved.",
            RulesAnswer.Unknown => $"So it is unknown whether {question}.",
            _ => "",
        }).ToString();
    }

    /// <summary>True for texts that ask in English.</summary>
    internal static bool IsEnglish(string statement) => QuestionText().IsMatch(statement);

    /// <summary>Reads <see cref="Theory"/> followed by <see cref="Question"/>.</summary>
    /// <exception cref="StatementException">A sentence cannot be read.</exception>
    internal static RuleTheory ReadTheory(string text)
    {
        var question = QuestionText().Match(text);
        var draft = new RuleTheoryDraft();
        foreach (Match sentence in Sentence().Matches(text[..question.Index]))
        {
            var body = sentence.Value;
            if (RuleText().Match(body) is { Success: true } rule)
            {
                var conditions = rule.Groups["body"].Value.Split(" and ", StringSplitOptions.TrimEntries).Select(c => ReadClause(draft, c, sentence.Index)).ToList();
                draft.AddRule(RuleId(rule.Groups["id"].Value), conditions, ReadClause(draft, rule.Groups["head"].Value, sentence.Index), sentence.Index);
            }
            else if (PreferenceText().Match(body) is { Success: true } preference)
            {
                draft.AddPreference(RuleId(preference.Groups["winner"].Value), RuleId(preference.Groups["loser"].Value), sentence.Index);
            }
            else
            {
                draft.AddFact(ReadClause(draft, body.TrimEnd('.'), sentence.Index), sentence.Index);
            }
        }

        return draft.Make(ReadClause(draft, question.Groups["clause"].Value, question.Index));
    }

    private static int ReadClause(RuleTheoryDraft draft, string clause, int position)
    {
        var match = ClauseText().Match(clause);
        if (!match.Success)
            throw new StatementException($"'{clause.Trim()}' is no clause such as 'the tapir trusts the badger'.", position);
        var holds = !match.Groups["not"].Success;
        var verb = match.Groups["verb"].Value.ToLowerInvariant();
        return draft.Literal(new RuleAtom(match.Groups["subject"].Value.ToLowerInvariant(), holds ? verb : ThirdPerson(verb), match.Groups["object"].Value.ToLowerInvariant()), holds);
    }

    private static string Clause(RuleTheory theory, int literal) => Clause(theory.Atoms[literal >> 1], (literal & 1) == 0);

    private static string Clause(RuleAtom atom, bool holds) => holds ? $"the {atom.Subject} {atom.Verb} the {atom.Object}" : $"the {atom.Subject} does not {Infinitive(atom.Verb)} the {atom.Object}";

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    private static string RuleName(string id) => IsNumbered(id, "r") ? "Rule" + id[1..] : Capital(id);

    private static string RuleId(string name) => IsNumbered(name.ToLowerInvariant(), "rule") ? "r" + name[4..] : name.ToLowerInvariant();

    private static bool IsNumbered(string name, string prefix) => name.Length > prefix.Length && name.StartsWith(prefix, StringComparison.Ordinal) && name.AsSpan(prefix.Length).IndexOfAnyExceptInRange('0', '9') < 0;

    private static string Infinitive(string verb) => verb switch
    {
        _ when verb.EndsWith("ies", StringComparison.Ordinal) => verb[..^3] + "y",
        _ when verb.EndsWith("ches", StringComparison.Ordinal) || verb.EndsWith("shes", StringComparison.Ordinal) || verb.EndsWith("sses", StringComparison.Ordinal)
            || verb.EndsWith("xes", StringComparison.Ordinal) || verb.EndsWith("oes", StringComparison.Ordinal) => verb[..^2],
        _ when verb.EndsWith('s') => verb[..^1],
        _ => verb,
    };

    private static string ThirdPerson(string verb) => verb switch
    {
        _ when verb.EndsWith('y') && verb.Length > 1 && !"aeiou".Contains(verb[^2], StringComparison.Ordinal) => verb[..^1] + "ies",
        _ when verb.EndsWith("ch", StringComparison.Ordinal) || verb.EndsWith("sh", StringComparison.Ordinal) || verb.EndsWith("ss", StringComparison.Ordinal)
            || verb.EndsWith('x') || verb.EndsWith('o') => verb + "es",
        _ => verb + "s",
    };

    [GeneratedRegex(@"Can\s+it\s+be\s+concluded\s+that\s+(?<clause>[^?]*)\?\s*$", RegexOptions.IgnoreCase)]
    private static partial Regex QuestionText();

    [GeneratedRegex(@"\S[^.]*\.")]
    private static partial Regex Sentence();

    [GeneratedRegex(@"^(?<id>\w+):\s+If\s+(?<body>[^.]*),\s+then\s+(?<head>[^.,]*)\.$", RegexOptions.IgnoreCase)]
    private static partial Regex RuleText();

    [GeneratedRegex(@"^(?<winner>\w+)\s+is\s+preferred\s+over\s+(?<loser>\w+)\.$", RegexOptions.IgnoreCase)]
    private static partial Regex PreferenceText();

    [GeneratedRegex(@"^\s*the\s+(?<subject>\w+)\s+(?<not>does\s+not\s+)?(?<verb>\w+)\s+the\s+(?<object>\w+)\s*$", RegexOptions.IgnoreCase)]
    private static partial Regex ClauseText();
}
