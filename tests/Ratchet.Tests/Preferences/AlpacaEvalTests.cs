using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using Ratchet.Preferences;
using Ratchet.Runs;

namespace Ratchet.Tests.Preferences;

public sealed class AlpacaEvalTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Responses_and_judgements_are_read_and_all_mistakes_told()
    {
        File.WriteAllText(_folder["outputs.json"], """[{"instruction": "Sum", "input": "1 2", "output": "3", "generator": "m", "dataset": "d"}, {"instruction": "Hi", "input": "", "output": "Hello"}]""");
        Assert.Equal([new("Sum\n\n1 2", "3", "m", "d"), new("Hi", "Hello")], AlpacaEvalFile.ReadOutputs(_folder["outputs.json"]));

        File.WriteAllText(_folder["wrong.json"], """[{"instruction": "a"}, {"instruction": "b", "output": "x"}, {"instruction": "b", "output": "y"}]""");
        var error = Assert.Throws<RatchetException>(() => AlpacaEvalFile.ReadOutputs(_folder["wrong.json"]));
        Assert.Contains("row 1", error.Message, StringComparison.Ordinal);
        Assert.Contains("row 3: the instruction is that of row 2 too", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, error.ExitCode);
        Assert.Throws<RatchetException>(() => AlpacaEvalFile.ReadOutputs(_folder["absent.json"]));

        List<AlpacaEvalAnnotation> rows = [Row("a", 1.75), Row("b", null)];
        AlpacaEvalFile.WriteAnnotations(_folder["annotations.json"], rows);
        Assert.Equal(rows, AlpacaEvalFile.ReadAnnotations(_folder["annotations.json"]));
        File.WriteAllText(_folder["annotations.json"], File.ReadAllText(_folder["annotations.json"]).Replace("1.75", "0", StringComparison.Ordinal));
        Assert.Equal(1.5, AlpacaEvalFile.ReadAnnotations(_folder["annotations.json"])[0].Preference);
    }

    [Fact]
    public void A_leaderboard_leaves_out_what_is_not_judged_and_says_so()
    {
        var rows = Enumerable.Range(0, 20).Select(i => Row($"i{i}", i % 4 == 0 ? null : i % 2 == 0 ? 2 : 1.25)).ToList();

        var row = Assert.Single(Leaderboard.Of(rows));

        Assert.Equal((15, 5), (row.WinRate.Total, row.Unjudged));
        var lines = Leaderboard.Csv([row with { Name = "a,b" }]).Split('\n');
        Assert.StartsWith("\"a,b\",", lines[1], StringComparison.Ordinal);
        Assert.Equal(lines[0].Split(',').Length, lines[1].Split(',').Length - 1);
        Assert.Contains("several references", Assert.Throws<RatchetException>(() => Leaderboard.Of([.. rows, Row("x", 1) with { Generator1 = "other" }])).Message, StringComparison.Ordinal);
        Assert.Contains("judged twice", Assert.Throws<RatchetException>(() => Leaderboard.Of([.. rows, Row("i1", 1)])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Published_win_rates_are_found_again_exactly_and_length_controlled_ones_closely()
    {
        var data = Path.Combine(Environment.GetEnvironmentVariable("RATCHET_DATA") ?? "", "alpaca");
        if (!Directory.Exists(data))
            Assert.Skip("RATCHET_DATA has no folder alpaca.");
        var outputs = Lines(Path.Combine(data, "eval_outputs.jsonl.gz")).ToDictionary(o => (o.GetProperty("model").GetString()!, o.GetProperty("id").GetInt32()), o => o.GetProperty("output").GetString()!);
        var rows = Lines(Path.Combine(data, "eval_preferences.jsonl.gz")).Where(p => p.GetProperty("annotator").GetString() == "weighted_alpaca_eval_gpt4_turbo").Select(p =>
        {
            var (id, first, second, preference) = (p.GetProperty("id").GetInt32(), p.GetProperty("generator_1").GetString()!, p.GetProperty("generator_2").GetString()!, p.GetProperty("preference").GetDouble());
            return new AlpacaEvalAnnotation { Instruction = $"{id:0000}", Output1 = outputs[(first, id)], Generator1 = first, Output2 = outputs[(second, id)], Generator2 = second, Preference = preference == 0 ? 1.5 : preference };
        }).ToList();
        var published = File.ReadLines(Path.Combine(data, "alpaca_eval_2_leaderboard.csv")).Skip(1).Select(l => l.Split(',')).ToDictionary(c => c[0], c => (Raw: Number(c[1]), Length: Number(c[9]), Controlled: Number(c[10])));

        var board = Leaderboard.Of(rows).Where(r => published.ContainsKey(r.Name)).ToList();

        Assert.Equal(6, board.Count);
        var differences = board.Select(r => $"{r.Name} raw {100 * r.WinRate.Value:0.0000} / {published[r.Name].Raw:0.0000}, LC {100 * r.LengthControl!.Value:0.00} / {published[r.Name].Controlled:0.00}, length {r.AverageLength:0} / {published[r.Name].Length}, quality {r.LengthControl!.Quality:0.000} length {r.LengthControl.LengthEffect:0.000} difficulty {r.LengthControl.DifficultyEffect:0.000} penalty {r.LengthControl.Penalty}").ToList();
        var text = string.Join('\n', differences);
        Assert.True(board.All(r => Math.Abs((100 * r.WinRate.Value) - published[r.Name].Raw) < 1e-6), text);

        // The published difficulties are those of the whole leaderboard; here they are estimated from seven models.
        Assert.True(board.All(r => Math.Abs((100 * r.LengthControl!.Value) - published[r.Name].Controlled) < 4), text);
        Assert.True(board.All(r => r.LengthControl!.Value > r.WinRate.Value), text);
    }

    private static double Number(string text) => text.Length == 0 ? double.NaN : double.Parse(text, CultureInfo.InvariantCulture);

    private static AlpacaEvalAnnotation Row(string instruction, double? preference) =>
        new() { Instruction = instruction, Output1 = "short", Generator1 = "reference", Output2 = $"a longer one {instruction}", Generator2 = "model", Preference = preference, Annotator = "judge" };

    private static IEnumerable<JsonElement> Lines(string path)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            using var json = JsonDocument.Parse(line);
            yield return json.RootElement.Clone();
        }
    }
}
