using System.IO.Compression;
using System.Text.Json;
using Ratchet.Runs;
using Ratchet.Verifiers.Answers;

namespace Ratchet.Bench;

/// <summary>How the grader judges labelled pairs and reference solutions of data sets outside the repository, as Markdown.</summary>
internal static class AnswersOnData
{
    private const int ShownRows = 20;

    public static void Run(string folder, string[] args)
    {
        Console.WriteLine("# Answers");
        Console.WriteLine();
        Console.WriteLine("Command, FOLDER being one with the data sets:");
        Console.WriteLine();
        Console.WriteLine("    artifacts/bin/Ratchet.Bench/release/Ratchet.Bench answers --data FOLDER");
        Console.WriteLine();
        SideBySide.PrintFacts("answers", [.. args.Select(a => a == folder ? "FOLDER" : a)]);
        Console.WriteLine($"- Grader version {AnswerGrader.Version}; counts, so the load of the machine plays no part.");
        Console.WriteLine();
        Labelled(folder);
        Console.WriteLine("## Reference solutions");
        Console.WriteLine();
        Console.WriteLine("Each answer is extracted and compared with itself behind a typesetting command, so that the comparison does not end at equal characters, and with the answer of the next problem.");
        Console.WriteLine("\"Next, same\": the neighbour's answer has the same characters. \"Next, other\": it is written otherwise and was accepted; each such pair is listed.");
        Console.WriteLine();
        Console.WriteLine("| set | profile | answers | equal | undecided | different | none found | next, same | next, other | next, undecided |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
        var notes = new List<string>();
        References(folder, notes, "MATH", AnswerProfiles.Math, "solution", "math/train.jsonl.gz", "math/test.jsonl.gz");
        References(folder, notes, "GSM8K", AnswerProfiles.Gsm8k, "answer", "gsm8k/train.jsonl.gz", "gsm8k/test.jsonl");
        References(folder, notes, "AIME 1983-2023", AnswerProfiles.Math, "answer", "math-benchmarks/aime_1983_2023_train.jsonl.gz");
        References(folder, notes, "CMATH (Chinese)", AnswerProfiles.Gsm8k, "answer", "math-benchmarks/cmath.jsonl");
        References(folder, notes, "Gaokao cloze (Chinese)", AnswerProfiles.Lenient, "answer", "math-benchmarks/gaokao_math_cloze.jsonl");
        References(folder, notes, "Gaokao 2023 (English)", AnswerProfiles.Lenient, "answer", "math-benchmarks/gaokao2023en.jsonl");
        References(folder, notes, "Middle school (Chinese)", AnswerProfiles.Lenient, "answer", "math-benchmarks/cn_middle_school.jsonl");
        References(folder, notes, "CARP", AnswerProfiles.Lenient, "answer", "math-benchmarks/carp_en.jsonl.gz");
        References(folder, notes, "College math", AnswerProfiles.Lenient, "answer", "math-benchmarks/college_math.jsonl.gz");
        Console.WriteLine();
        Console.WriteLine("Answers that were not found equal to themselves, by reason, and neighbours accepted though written otherwise:");
        Console.WriteLine();
        foreach (var note in notes)
            Console.WriteLine($"- {note}");
    }

    private static void Labelled(string folder)
    {
        var rows = Rows(folder, "answer-equivalence/pairs.jsonl");
        var table = new SortedDictionary<(string Source, bool Equal), int[]>();
        var wrong = new List<string>();
        foreach (var row in rows)
        {
            var source = row.GetProperty("source").GetString()!;
            var equal = row.GetProperty("equal").GetBoolean();
            var result = Judge(row, source);
            if (!table.TryGetValue((source, equal), out var counts))
                table[(source, equal)] = counts = new int[3];
            counts[(int)result.Outcome]++;
            if (result.IsEqual != equal)
                wrong.Add($"{row.GetProperty("id").GetString()}: labelled {(equal ? "equal" : "different")}, judged {result.Outcome.ToString().ToLowerInvariant()} ({result.Message})");
        }

        Console.WriteLine("## Labelled pairs");
        Console.WriteLine();
        Console.WriteLine("Profiles: `mined` with the number of digits that the row states for rows of math-verify, `math-ordered` for hendrycks-math, `math` for model answers. Rows of math-verify are texts: the answer is extracted on both sides.");
        Console.WriteLine();
        Console.WriteLine("| source | label | equal | different | undecided |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (var ((source, equal), counts) in table)
            Console.WriteLine($"| {source} | {(equal ? "equal" : "different")} | {counts[0]} | {counts[1]} | {counts[2]} |");
        Console.WriteLine();
        Console.WriteLine($"{rows.Count - wrong.Count} of {rows.Count} as labelled: {(rows.Count - wrong.Count) / (double)rows.Count:P1}. The others:");
        Console.WriteLine();
        foreach (var line in wrong)
            Console.WriteLine($"- {line}");
        Console.WriteLine();
    }

    private static AnswerComparison Judge(JsonElement row, string source)
    {
        var (reference, answer) = (row.GetProperty("gold").GetString()!, row.GetProperty("pred").GetString()!);
        if (source == "hendrycks-math")
            return AnswerGrader.Compare(reference, answer, AnswerProfiles.MathOrdered);
        if (source != "math-verify")
            return AnswerGrader.Compare(reference, answer, AnswerProfiles.Math);
        var profile = AnswerProfiles.Mined with { RoundedDecimals = row.GetProperty("options").GetProperty("precision").GetInt32() };
        return AnswerGrader.Compare(AnswerExtractor.Extract(reference, profile).Text ?? "", AnswerExtractor.Extract(answer, profile).Text ?? "", profile);
    }

    private static void References(string folder, List<string> notes, string name, AnswerProfile profile, string field, params string[] files)
    {
        var answers = files.SelectMany(f => Rows(folder, f)).Select(row => AnswerExtractor.Extract(row.GetProperty(field).ToString(), profile).Text).ToArray();
        var (counts, none, nextSame, nextOther, nextOpen) = (new int[3], 0, 0, new List<string>(), 0);
        var faults = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        for (var i = 0; i < answers.Length; i++)
        {
            if (answers[i] is not { } answer)
            {
                none++;
                continue;
            }

            var result = AnswerGrader.Compare(answer, $"\\displaystyle {answer}", profile);
            counts[(int)result.Outcome]++;
            if (!result.IsEqual)
                (faults.TryGetValue(result.Reason.ToString(), out var list) ? list : faults[result.Reason.ToString()] = []).Add(answer);
            if (answers[(i + 1) % answers.Length] is not { } next)
                continue;
            var neighbour = AnswerGrader.Compare(answer, next, profile);
            if (neighbour.IsEqual && answer.Trim() == next.Trim())
                nextSame++;
            else if (neighbour.IsEqual)
                nextOther.Add($"`{answer}` and `{next}`");
            else if (neighbour.Outcome == AnswerOutcome.Undecided)
                nextOpen++;
        }

        Console.WriteLine($"| {name} | {profile.Name} | {answers.Length} | {counts[0]} ({counts[0] / (double)answers.Length:P2}) | {counts[2]} | {counts[1]} | {none} | {nextSame} | {nextOther.Count} ({nextOther.Count / (double)answers.Length:P3}) | {nextOpen} |");
        foreach (var (reason, list) in faults)
        {
            var examples = list.Take(list.Count > ShownRows ? 3 : ShownRows).Select(a => a.Length == 0 ? "(an empty box)" : $"`{Shown(a)}`");
            notes.Add($"{name}, {reason}: {list.Count}{(list.Count > ShownRows ? ", for example" : ":")} {string.Join(", ", examples)}");
        }

        if (nextOther.Count > 0)
            notes.Add($"{name}, neighbours: {string.Join("; ", nextOther.Select(Shown))}");
    }

    private static string Shown(string answer)
    {
        var line = string.Join(' ', answer.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= 90 ? line : line[..90] + "...";
    }

    private static List<JsonElement> Rows(string folder, string file)
    {
        var path = Path.Combine(folder, file);
        if (!File.Exists(path))
            throw new RatchetException($"The data file {path} is not there.", "Give the folder with the data sets.");
        using Stream stream = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(File.OpenRead(path), CompressionMode.Decompress) : File.OpenRead(path);
        using var reader = new StreamReader(stream);
        return [.. reader.ReadToEnd().Split('\n').Where(l => l.Length > 0).Select(l => JsonDocument.Parse(l).RootElement)];
    }
}
