using System.Text.Json;
using Ratchet.Problems;
using Ratchet.Runs;
using Ratchet.Systems;
using Ratchet.Systems.Verification;
using Ratchet.Verifiers.Answers;

namespace Ratchet.Bench;

/// <summary>
/// Every file of the data sets that a verifier of answers, plans or rules can read: whether the gold is accepted, and whether another problem's is. As
/// <c>ratchet validate</c> with the options that the row shows.
/// </summary>
internal static class GoldTables
{
    private const int ShownRows = 12;

    private sealed record Row(string File, string Verifier, BenchmarkFields Fields, string? Profile = null, string? Domain = null);

    public static void Run(string[] args)
    {
        SideBySide.Check(args, "--data", "--verifier", "--file");
        var folder = CoqData.Folder(args);
        var verifier = SideBySide.Option(args, "--verifier", "answers");
        var file = SideBySide.Option(args, "--file", "");
        var rows = (verifier == "answers" ? Answers() : Plans()).Where(r => r.File.StartsWith(file, StringComparison.Ordinal)).ToList();
        Console.WriteLine($"| file | options of `ratchet validate FILE --with {(verifier == "answers" ? "answers" : "...")}` | items | gold accepted | not read | rejected | unknown | another's reference: tried | accepted, the same answer | accepted, another answer |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
        var notes = new List<string>();
        foreach (var row in rows)
            Validate(folder, row, notes).GetAwaiter().GetResult();
        Console.WriteLine();
        foreach (var note in notes)
            Console.WriteLine($"- {note}");
    }

    private static IEnumerable<Row> Answers()
    {
        Row At(string file, string profile, string proof, string? reference = null, string? statement = null, params string[] where) => new(
            file, "answers", new BenchmarkFields { Statement = statement, Proof = proof, Reference = reference ?? proof, Id = null, Where = [.. where.Select(w => KeyValuePair.Create(w.Split('=')[0], w.Split('=')[1]))] }, profile);

        yield return At("gsm8k/train.jsonl.gz", "gsm8k", "answer");
        yield return At("gsm8k/test.jsonl", "gsm8k", "answer");
        yield return At("gsm8k/test_socratic.jsonl", "gsm8k", "answer");
        yield return At("gsm8k/gsm_hard.jsonl.gz", "gsm8k", "target");
        yield return At("gsm8k/gsm8k_backward.jsonl.gz", "gsm8k", "answer");
        yield return At("gsm8k/gsm8k_backward.jsonl.gz", "gsm8k", "inv_question_pred_answer", "pred_inv_answer_cleaned", null, "inv_question_pred_answer=*", "pred_inv_answer_cleaned=*");
        yield return At("math/train.jsonl.gz", "math", "solution");
        yield return At("math/test.jsonl.gz", "math", "solution");
        yield return At("math/math500.jsonl", "math", "solution", "answer");
        yield return At("math-benchmarks/aime24.jsonl", "math", "answer");
        yield return At("math-benchmarks/aime24.jsonl", "math", "solution", "answer");
        yield return At("math-benchmarks/aime25.jsonl", "math", "answer");
        yield return At("math-benchmarks/aime_1983_2023_train.jsonl.gz", "math", "answer");
        yield return At("math-benchmarks/aime_1983_2023_train.jsonl.gz", "math", "solution", "answer");
        yield return At("math-benchmarks/amc23.jsonl", "math", "answer");
        yield return At("math-benchmarks/aqua.jsonl", "lenient", "correct");
        yield return At("math-benchmarks/carp_en.jsonl.gz", "lenient", "answer", statement: "{content}");
        yield return At("math-benchmarks/cmath.jsonl", "gsm8k", "answer");
        yield return At("math-benchmarks/cn_middle_school.jsonl", "lenient", "answer");
        yield return At("math-benchmarks/cn_middle_school.jsonl", "lenient", "choice_answer");
        yield return At("math-benchmarks/college_math.jsonl.gz", "lenient", "answer");
        yield return At("math-benchmarks/gaokao2023en.jsonl", "lenient", "answer");
        yield return At("math-benchmarks/gaokao2024_I.jsonl", "lenient", "answer");
        yield return At("math-benchmarks/gaokao2024_II.jsonl", "lenient", "answer");
        yield return At("math-benchmarks/gaokao2024_mix.jsonl", "lenient", "choice_answer");
        yield return At("math-benchmarks/gaokao_math_cloze.jsonl", "lenient", "answer");
        yield return At("math-benchmarks/gaokao_math_qa.jsonl", "lenient", "label");
        yield return At("math-benchmarks/minerva_math.jsonl", "math", "solution");
        yield return At("math-benchmarks/mmlu_stem.jsonl.gz", "lenient", "answer");
        yield return At("math-benchmarks/olympiadbench.jsonl.gz", "lenient", "final_answer");
        yield return At("math-benchmarks/rm_maj_example.jsonl.gz", "math", "solution", "gt");
        yield return At("math-benchmarks/sat_math.jsonl", "lenient", "Answer");
        yield return At("math-tir/tora_examples.jsonl", "math", "gt", statement: "{id}");
        yield return At("math-tir/tora_gsm8k_trajectories.jsonl.gz", "gsm8k", "gt");
        yield return At("math-word-problems/svamp.jsonl", "gsm8k", "Answer");
        yield return At("math-word-problems/asdiv.jsonl", "lenient", "answer");
        foreach (var part in new[] { "addsub", "multiarith", "singleeq", "singleop", "test" })
            yield return At($"math-word-problems/mawps_{part}.jsonl", "gsm8k", "target");
        foreach (var task in new[] { "bbeh_boolean_expressions", "bbeh_multistep_arithmetic", "boolean_expressions", "date_understanding", "dyck_languages", "formal_fallacies", "logical_deduction_five_objects", "logical_deduction_three_objects", "multistep_arithmetic_two", "navigate", "object_counting", "temporal_sequences", "tracking_shuffled_objects_three_objects", "web_of_lies", "word_sorting" })
            yield return At($"bbh/{task}.jsonl", "lenient", "target");
        yield return At("boardgame-qa/bbeh_boardgame_qa.jsonl.gz", "lenient", "target");
        yield return At("boardgame-qa/own_defeasible.jsonl", "lenient", "label", statement: "{text} {question}");
        foreach (var file in new[] { "ar_lsat_dev.jsonl", "ar_lsat_test.jsonl", "ar_lsat_train.jsonl.gz", "folio_dev.jsonl", "folio_train.jsonl", "logicaldeduction_dev.jsonl", "logicaldeduction_train.jsonl", "prontoqa_dev.jsonl", "proofwriter_dev.jsonl", "proofwriter_test.jsonl", "proofwriter_train.jsonl.gz" })
            yield return At($"logic-nl/{file}", "lenient", "answer", statement: "{context} {question} {options}");
    }

    private static IEnumerable<Row> Plans()
    {
        Row With(string verifier, string file, string statement, string proof, string? domain, params string[] where) => new(
            file, verifier, new BenchmarkFields { Statement = statement, Proof = proof, Where = [.. where.Append($"{proof}=*").Select(w => KeyValuePair.Create(w.Split('=')[0], w.Split('=')[1]))] }, null, domain);

        foreach (var set in new[] { "blocksworld", "blocksworld_hard" })
        {
            yield return With("pddl", $"planbench/{set}.jsonl", "{problem_pddl}", "reference_plan", set);
            yield return With("blocks", $"planbench/{set}.jsonl", "{problem_pddl}", "reference_plan", null);
        }

        foreach (var set in new[] { "blocksworld", "blocksworld_3" })
            yield return With("blocks", "planbench/nl_plan_generation.jsonl.gz", "{query}", "ground_truth", null, $"set={set}");
        yield return With("pddl", "pddl/val_depots.jsonl", "{domain_pddl}\n{problem_pddl}", "plan", null);
    }

    private static async Task Validate(string folder, Row row, List<string> notes)
    {
        var entry = VerifierCatalog.Find(row.Verifier);
        var domain = row.Domain is null ? null : WriteDomain(folder, row.Domain);
        try
        {
            var options = new VerifierOptions { Profile = row.Profile, Database = domain, Threads = 1 };
            await using var verifier = await entry.OpenAsync(options, CancellationToken.None);
            var unread = new SortedDictionary<string, int>(StringComparer.Ordinal);
            var items = ProofItems.Read(Path.Combine(folder, row.File), entry, everyTheorem: true, TextReader.Null, row.Fields).Where(i => IsRead(verifier, i, unread)).ToList();
            var report = await GoldValidation.RunAsync(verifier, items, options, null, CancellationToken.None);
            var name = $"{row.File}, {row.Fields.Proof}";
            var tried = report.Spoilt.TryGetValue(Corruption.SwappedStatement, out var swapped) ? swapped.All : 0;
            var accepted = report.Surprises.Where(s => s.Corruption == Corruption.SwappedStatement).Select(s => s.Checked.Item).ToList();
            var others = accepted.Where(i => row.Profile is null || Said(i, row) != Wanted(i)).ToList();
            Console.WriteLine($"| {row.File} | {Command(row)} | {items.Count + unread.Values.Sum()} | {report.Gold.Accepted} | {unread.Values.Sum()} | {report.Gold.Rejected.Values.Sum()} | {report.Gold.Unknown.Values.Sum()} | {tried} | {accepted.Count - others.Count} | {others.Count} |");
            foreach (var (why, count) in unread)
                notes.Add($"{name}: {count} not read: {why}");
            foreach (var group in report.Surprises.Where(s => s.Corruption is null).GroupBy(s => s.Checked.Verdict.Reason))
                notes.Add($"{name}, gold, {group.Key}: {group.Count()}: {string.Join("; ", group.Take(ShownRows).Select(s => $"`{Short(s.Checked.Item.Reference ?? s.Checked.Item.Proof)}`"))}");
            if (others.Count > 0)
                notes.Add($"{name}, another's: {string.Join("; ", others.Take(ShownRows).Select(i => row.Profile is null ? $"`{Short(i.Proof)}`" : $"`{Short(Said(i, row))}` for `{Short(Wanted(i))}`"))}{(others.Count > ShownRows ? "; ..." : "")}");
        }
        catch (RatchetException e)
        {
            notes.Add($"{row.File}, {row.Fields.Proof}: {e.Message.Split('\n')[0]} {e.Message.Split('\n').ElementAtOrDefault(1)?.Replace(folder, "", StringComparison.Ordinal).Trim()}");
        }
        finally
        {
            if (domain is not null)
                File.Delete(domain);
        }
    }

    /// <summary>The answer that an item's text states.</summary>
    private static string Said(ProofItem item, Row row) => AnswerExtractor.Extract(item.Proof, AnswerProfiles.Find(row.Profile!)).Text?.Trim() ?? "";

    /// <summary>The answer in an item's reference.</summary>
    private static string Wanted(ProofItem item) => AnswerExtractor.FromReference(item.Reference!).Trim();

    private static bool IsRead(OpenVerifier verifier, ProofItem item, SortedDictionary<string, int> unread)
    {
        try
        {
            _ = verifier.Read(item);
            return true;
        }
        catch (StatementException e)
        {
            var why = e.Message.Split('\n')[0];
            unread[why] = unread.GetValueOrDefault(why) + 1;
            return false;
        }
    }

    /// <summary>The domain of a PlanBench set as a file of its own, as --database wants it.</summary>
    private static string WriteDomain(string folder, string set)
    {
        foreach (var line in File.ReadLines(Path.Combine(folder, "planbench", "domains.jsonl")))
        {
            using var document = JsonDocument.Parse(line);
            if (document.RootElement.GetProperty("set").GetString() != set)
                continue;
            var file = Path.GetTempFileName();
            File.WriteAllText(file, document.RootElement.GetProperty("domain_pddl").GetString());
            return file;
        }

        throw new ArgumentException($"There is no domain '{set}'.");
    }

    private static string Command(Row row)
    {
        var fields = row.Fields;
        var parts = new List<string>();
        if (row.Verifier != "answers")
            parts.Add(row.Verifier);
        if (row.Profile is not null)
            parts.Add($"--profile {row.Profile}");
        if (row.Domain is not null)
            parts.Add($"--database {row.Domain}.pddl");
        if (fields.Statement is not null)
            parts.Add($"--statement '{fields.Statement.ReplaceLineEndings(" ")}'");
        parts.Add($"--proof {fields.Proof}");
        if (fields.Reference is not null)
            parts.Add($"--reference {fields.Reference}");
        parts.AddRange(fields.Where.Select(w => $"--where '{w.Key}={w.Value}'"));
        return $"`{string.Join(' ', parts)}`";
    }

    private static string Short(string text)
    {
        var line = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Replace('`', '\'');
        return line.Length <= 60 ? line : line[..60] + "...";
    }
}
