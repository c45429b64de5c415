namespace Ratchet.Domains.Rules;

/// <summary>Writes the proof that belongs to a solved theory.</summary>
internal static class RulesProofWriter
{
    /// <summary>The steps and the answer, one a line, and how many rules stand on each other at most.</summary>
    public static (string Proof, int Depth) Write(RuleTheory theory, RuleSolution solution)
    {
        var lines = new List<string>();
        var depths = new Dictionary<int, int>();
        var depth = 0;
        if (solution.Answer == RulesAnswer.Unknown)
        {
            foreach (var rule in Enumerable.Range(0, theory.Rules.Length).Where(r => theory.Rules[r].Head >> 1 == theory.Query >> 1))
                lines.Add(Excuse(theory, solution, rule));
        }
        else
        {
            depth = Derive(theory, solution, solution.Answer == RulesAnswer.Proved ? theory.Query : theory.Query ^ 1, lines, depths);
        }

        lines.Add($"{RulesProofReader.AnswerWord} {RulesProofReader.Answers[(int)solution.Answer]}");
        return (string.Join('\n', lines), depth);
    }

    private static int Derive(RuleTheory theory, RuleSolution solution, int literal, List<string> lines, Dictionary<int, int> depths)
    {
        if (depths.TryGetValue(literal, out var known))
            return known;
        var depth = 0;
        if (solution.Reasons[literal] is >= 0 and var rule)
        {
            depth = 1 + theory.Rules[rule].Body.Max(l => Derive(theory, solution, l, lines, depths));
            lines.Add($"use {theory.Rules[rule].Id} : {theory.Print(literal)}");
        }

        return depths[literal] = depth;
    }

    /// <summary>Why a rule does not give its head.</summary>
    private static string Excuse(RuleTheory theory, RuleSolution solution, int rule)
    {
        var (id, body) = (theory.Rules[rule].Id, theory.Rules[rule].Body);
        if (!solution.Applies(rule))
            return $"fail {id} : {theory.Print(Array.Find(body, l => !solution.Established[l]))}";
        var winner = solution.Winners(rule).FirstOrDefault(-1);
        return winner >= 0 ? $"lose {id} : {theory.Rules[winner].Id}" : $"tie {id} : {theory.Rules[solution.Unbeaten(theory.Rules[rule].Head).First()].Id}";
    }
}
